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
	/*
	 * The longest text: NSEC's bitmap, 8 types an octet, most of them
	 * "TYPE65535 ".
	 */
	TEXT_MAX = 10 * 8 * 65536,
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

static bool write_by_libknot(struct rdata_text *t, struct json *j,
	struct slice msg, const struct dns_record *r)
{
	knot_rdata_t *rdata = (knot_rdata_t *)t->expanded;
	knot_rrset_t rrset;
	int len;

	if (is_length_wrong(r))
		return false;
	len = dns_rdata_expand(msg, r, rdata->data, DNS_RDATA_EXPANDED_MAX);
	if (len < 0)
		return false;
	if (!rdata_shape_fits(r->type, slice_from(rdata->data, (size_t)len)))
		return false;
	rdata->len = (uint16_t)len;
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
		write_generic(j, slice_from(rdata->data, rdata->len));
		return true;
	}
	/* libknot ends URI and CAA with a space */
	while (len > 0 && t->text[len - 1] == ' ')
		len--;
	json_text(j, slice_from(t->text, (size_t)len));
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
