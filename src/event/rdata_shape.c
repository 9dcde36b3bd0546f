#include "event/rdata_shape.h"

#include <libknot/libknot.h>

#include "wire/octets.h"

/*
 * The parts of a type's data, a letter each:
 *	1-9  so many octets
 *	s    a length octet and as many octets
 *	l    a length of two octets and as many octets
 *	n    a name
 *	g    an IPSECKEY's gateway, from its precedence on (RFC 4025, 2.1)
 *	b    bitmaps of types, to the end (RFC 4034, 4.1.2)
 *	p    service parameters, to the end (RFC 9460, 2.2)
 *	r    whatever is left
 */
static const struct {
	uint16_t type;
	const char *parts;
} shapes[] = {
	{ KNOT_RRTYPE_KEY, "4r" },
	{ KNOT_RRTYPE_NAPTR, "4sssn" },
	{ KNOT_RRTYPE_CERT, "5r" },
	{ KNOT_RRTYPE_DS, "4r" },
	{ KNOT_RRTYPE_SSHFP, "2r" },
	{ KNOT_RRTYPE_IPSECKEY, "gr" },
	{ KNOT_RRTYPE_NSEC, "nb" },
	{ KNOT_RRTYPE_DNSKEY, "4r" },
	{ KNOT_RRTYPE_NSEC3, "4ssb" },
	{ KNOT_RRTYPE_NSEC3PARAM, "4s" },
	{ KNOT_RRTYPE_TLSA, "3r" },
	{ KNOT_RRTYPE_SMIMEA, "3r" },
	{ KNOT_RRTYPE_CDS, "4r" },
	{ KNOT_RRTYPE_CDNSKEY, "4r" },
	{ KNOT_RRTYPE_CSYNC, "6b" },
	{ KNOT_RRTYPE_ZONEMD, "6r" },
	{ KNOT_RRTYPE_SVCB, "2np" },
	{ KNOT_RRTYPE_HTTPS, "2np" },
	{ KNOT_RRTYPE_TSIG, "n8l4l" },
	{ KNOT_RRTYPE_URI, "4r" },
	{ KNOT_RRTYPE_CAA, "1sr" },
};

/* Each takes its part from the start.  Return: false when it is not whole. */
static bool take(struct slice *in, size_t len)
{
	if (len > in->len)
		return false;
	*in = slice_from(in->data + len, in->len - len);
	return true;
}

static bool take_string(struct slice *in)
{
	return in->len >= 1 && take(in, 1u + in->data[0]);
}

static bool take_long_string(struct slice *in)
{
	return in->len >= 2 && take(in, 2u + octets_get_u16(in->data));
}

static bool take_name(struct slice *in)
{
	while (in->len > 0) {
		uint8_t label = in->data[0];

		if (label > 63 || !take(in, 1u + label))
			return false;
		if (label == 0)
			return true;
	}
	return false;
}

static bool take_gateway(struct slice *in)
{
	enum { NONE, IPV4, IPV6, NAME };
	uint8_t kind;

	if (in->len < 3)
		return false;
	kind = in->data[1];
	take(in, 3);
	switch (kind) {
	case NONE:
		return true;
	case IPV4:
		return take(in, 4);
	case IPV6:
		return take(in, 16);
	case NAME:
		return take_name(in);
	default:
		return false;
	}
}

static bool take_bitmaps(struct slice *in)
{
	int window = -1; /* of the bitmap before: they ascend */

	while (in->len > 0) {
		if (in->len < 2 || in->data[0] <= window || in->data[1] < 1 ||
			in->data[1] > 32)
			return false;
		window = in->data[0];
		if (!take(in, 2u + in->data[1]))
			return false;
	}
	return true;
}

static bool parameter_fits(uint16_t key, struct slice value)
{
	enum {
		MANDATORY,
		ALPN,
		NO_DEFAULT_ALPN,
		PORT,
		IPV4HINT,
		ECH,
		IPV6HINT
	};

	switch (key) {
	case MANDATORY:
		return value.len % 2 == 0;
	case ALPN:
		while (value.len > 0)
			if (!take_string(&value))
				return false;
		return true;
	case NO_DEFAULT_ALPN:
		return value.len == 0;
	case PORT:
		return value.len == 2;
	case IPV4HINT:
		return value.len % 4 == 0;
	case IPV6HINT:
		return value.len % 16 == 0;
	default:
		return true;
	}
}

static bool take_parameters(struct slice *in)
{
	while (in->len > 0) {
		uint16_t key, len;

		if (in->len < 4)
			return false;
		key = octets_get_u16(in->data);
		len = octets_get_u16(in->data + 2);
		take(in, 4);
		if (len > in->len ||
			!parameter_fits(key, slice_from(in->data, len)))
			return false;
		take(in, len);
	}
	return true;
}

static bool take_part(struct slice *in, char part)
{
	switch (part) {
	case 's':
		return take_string(in);
	case 'l':
		return take_long_string(in);
	case 'n':
		return take_name(in);
	case 'g':
		return take_gateway(in);
	case 'b':
		return take_bitmaps(in);
	case 'p':
		return take_parameters(in);
	case 'r':
		return take(in, in->len);
	default:
		return take(in, (size_t)(part - '0'));
	}
}

bool rdata_shape_fits(uint16_t type, struct slice data, size_t *bitmaps)
{
	const char *parts = "r";

	*bitmaps = 0;
	for (size_t i = 0; i < sizeof(shapes) / sizeof(shapes[0]); i++)
		if (shapes[i].type == type)
			parts = shapes[i].parts;
	for (; *parts != '\0'; parts++) {
		if (*parts == 'b')
			*bitmaps = data.len;
		if (!take_part(&data, *parts))
			return false;
	}
	return data.len == 0;
}
