#include <errno.h>
#include <libknot/libknot.h>
#include <libknot/rrset-dump.h>
#include <stdlib.h>

#include "event/digits.h"
#include "event/rdata_common.h"
#include "event/rdata_old.h"
#include "event/rdata_shape.h"
#include "event/rdata_text.h"

enum {
	/* more than any data takes as text: 80 characters for each octet */
	TEXT_MAX = 80 * 65536,
};

struct rdata_text {
	const struct mnemonics *words;
	/* a knot_rdata_t: the length, and the data behind it */
	_Alignas(knot_rdata_t) uint8_t expanded[2 + DNS_RDATA_EXPANDED_MAX + 1];
	char text[TEXT_MAX];
};

int rdata_text_new(struct rdata_text **tp, const struct mnemonics *words)
{
	struct rdata_text *t = malloc(sizeof(*t));

	if (t == NULL)
		return -ENOMEM;
	t->words = words;
	*tp = t;
	return 0;
}

struct rdata_text *rdata_text_free(struct rdata_text *t)
{
	free(t);
	return NULL;
}

static void write_generic(struct json *j, struct slice data)
{
	json_room(j, 5 + DIGITS_U32_MAX);
	j->p = JSON_PUT(j->p, "\\\\# ");
	j->p = digits_u32(j->p, (uint32_t)data.len);
	if (data.len > 0)
		*j->p++ = ' ';
	json_hex(j, data);
}

/*
 * RFC 2136 has records without data, of the classes ANY and NONE, and APL
 * may be an empty list.
 */
static bool may_be_empty(const struct dns_record *r)
{
	return r->class == KNOT_CLASS_ANY || r->class == KNOT_CLASS_NONE ||
	       r->type == KNOT_RRTYPE_APL;
}

/* Length checks that libknot leaves out */
static bool is_length_wrong(const struct dns_record *r)
{
	return (r->type == KNOT_RRTYPE_EUI48 && r->rdlen != 6) ||
	       (r->type == KNOT_RRTYPE_EUI64 && r->rdlen != 8);
}

/* libknot takes far longer, and the data may be all types there are. */
static void write_types(
	const struct mnemonics *words, struct json *j, struct slice bitmaps)
{
	const uint8_t *p = bitmaps.data, *end = p + bitmaps.len;

	for (; p < end && !j->full; p += 2 + p[1]) {
		for (unsigned i = 0; i < 8u * p[1]; i++) {
			if (!(p[2 + i / 8] & 0x80 >> i % 8))
				continue;
			json_room(j, 64);
			*j->p++ = ' ';
			j->p = mnemonic_type(j->p, words,
				(uint16_t)((unsigned)p[0] << 8 | i));
		}
	}
}

static bool write_by_libknot(struct rdata_text *t, struct json *j,
	struct slice msg, const struct dns_record *r)
{
	knot_rdata_t *rdata = (knot_rdata_t *)t->expanded;
	knot_rrset_t rrset;
	struct slice data;
	size_t bitmaps;
	int len;

	if (is_length_wrong(r))
		return false;
	len = dns_rdata_expand(msg, r, rdata->data, DNS_RDATA_EXPANDED_MAX);
	if (len < 0)
		return false;
	data = slice_from(rdata->data, (size_t)len);
	if (!rdata_shape_fits(r->type, data, &bitmaps))
		return false;
	rdata->len = (uint16_t)(data.len - bitmaps);
	/* of other classes libknot takes empty data for text as well */
	knot_rrset_init(&rrset, NULL, r->type, KNOT_CLASS_IN, r->ttl);
	rrset.rrs.count = 1;
	rrset.rrs.size = (uint32_t)knot_rdata_size(rdata->len);
	rrset.rrs.rdata = rdata;
	len = knot_rrset_txt_dump_data(
		&rrset, 0, t->text, TEXT_MAX, &KNOT_DUMP_STYLE_DEFAULT);
	if (len < 0)
		return false;
	/* its generic form is in capitals, ours is not */
	if (len > 1 && t->text[0] == '\\' && t->text[1] == '#') {
		write_generic(j, data);
		return true;
	}
	/* libknot ends URI and CAA with a space */
	while (len > 0 && t->text[len - 1] == ' ')
		len--;
	json_text(j, slice_from(t->text, (size_t)len));
	write_types(t->words, j,
		slice_from(data.data + data.len - bitmaps, bitmaps));
	return true;
}

static bool write_formatted(struct rdata_text *t, struct json *j,
	struct slice msg, const struct dns_record *r)
{
	int e = rdata_common_write(j, t->words, msg, r);

	if (e != RDATA_COMMON_E_OTHER)
		return e == 0;
	e = rdata_old_write(j, msg, r);
	if (e != RDATA_OLD_E_OTHER)
		return e == 0;
	return write_by_libknot(t, j, msg, r);
}

bool rdata_write(struct rdata_text *t, struct json *j, struct slice msg,
	const struct dns_record *r)
{
	struct slice raw = slice_from(msg.data + r->rdata, r->rdlen);

	if (r->rdlen == 0 && may_be_empty(r))
		return true;
	/* of CHAOS's own formats (RFC 1035, 3.4.1 has one) none is known */
	if (r->type == KNOT_RRTYPE_A && r->class == KNOT_CLASS_CH) {
		write_generic(j, raw);
		return true;
	}
	if (write_formatted(t, j, msg, r))
		return true;
	write_generic(j, raw);
	return false;
}
