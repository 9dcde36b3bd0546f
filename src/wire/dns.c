#include "wire/dns.h"

#include "wire/octets.h"

enum {
	TYPE_OPT = 41,
	QUESTION_FIXED_LEN = 4, /* type, class */
	RECORD_FIXED_LEN = 10,  /* type, class, TTL, length of the data */
};

/*
 * A name within the walk.  Most owner names are a lone pointer to the first
 * question's name, which has been checked.
 */
static inline bool owner_skip(const struct dns *d, uint32_t *pos)
{
	const uint8_t *p = d->msg.data + *pos;

	if (d->has_question && d->msg.len - *pos >= 2 &&
		octets_get_u16(p) == (0xc000 | d->qname)) {
		*pos += 2;
		return true;
	}
	return dns_name_skip(d->msg, pos);
}

/* Of a question that is cut behind its name, the name counts. */
static bool question_read(struct dns *d, uint32_t *pos)
{
	bool first = !d->has_qname;
	uint32_t name = *pos;
	const uint8_t *p;

	if (!dns_name_skip(d->msg, pos))
		return false;
	if (first) {
		d->has_qname = true;
		d->qname = name;
	}
	if (d->msg.len - *pos < QUESTION_FIXED_LEN)
		return false;
	p = d->msg.data + *pos;
	*pos += QUESTION_FIXED_LEN;
	if (first) {
		d->has_question = true;
		d->qtype = octets_get_u16(p);
		d->qclass = octets_get_u16(p + 2);
	}
	return true;
}

static bool record_read(
	const struct dns *d, struct dns_record *r, uint32_t *pos)
{
	const uint8_t *p;

	r->name = *pos;
	if (!owner_skip(d, pos) || d->msg.len - *pos < RECORD_FIXED_LEN)
		return false;
	p = d->msg.data + *pos;
	r->type = octets_get_u16(p);
	r->class = octets_get_u16(p + 2);
	r->ttl = octets_get_u32(p + 4);
	r->rdlen = octets_get_u16(p + 8);
	*pos += RECORD_FIXED_LEN;
	r->rdata = *pos;
	if (d->msg.len - *pos < r->rdlen)
		return false;
	*pos += r->rdlen;
	return true;
}

/* RFC 6891, 6.1.1: at most one, in the additional section, at the root. */
static void opt_note(
	struct dns *d, const struct dns_record *r, enum dns_section section)
{
	if (section != DNS_ADDITIONAL || d->has_opt) {
		d->malformed = true;
		return;
	}
	d->has_opt = true;
	d->opt = *r;
	if (d->msg.data[r->name] != 0)
		d->malformed = true;
}

static bool section_read(
	struct dns *d, enum dns_section section, uint32_t *total, uint32_t *pos)
{
	unsigned count = d->count[1 + section];

	d->first[section] = *total;
	for (unsigned i = 0; i < count; i++) {
		struct dns_record *r = &d->records[*total];

		if (*total >= DNS_RECORDS_MAX || !record_read(d, r, pos))
			return false;
		(*total)++;
		d->n_records[section]++;
		if (r->type == TYPE_OPT)
			opt_note(d, r, section);
	}
	return true;
}

static bool body_read(struct dns *d)
{
	uint32_t pos = DNS_HEADER_LEN;
	uint32_t total = 0;

	for (unsigned i = 0; i < d->count[0]; i++)
		if (!question_read(d, &pos))
			return false;
	for (unsigned s = 0; s < DNS_SECTIONS; s++)
		if (!section_read(d, (enum dns_section)s, &total, &pos))
			return false;
	return pos == d->msg.len;
}

void dns_decode(struct dns *d, struct dns_record *records, struct slice msg)
{
	const uint8_t *p = msg.data;

	*d = (struct dns){ .msg = msg, .records = records };
	if (msg.len < DNS_HEADER_LEN) {
		d->malformed = true;
		return;
	}
	d->has_header = true;
	d->id = octets_get_u16(p);
	d->flags = octets_get_u16(p + 2);
	for (unsigned i = 0; i < 4; i++)
		d->count[i] = octets_get_u16(p + 4 + i * 2);
	if (!body_read(d))
		d->malformed = true;
}
