#include "event/rdata_common.h"

#include <libknot/descriptor.h>

#include "event/digits.h"
#include "event/ip_text.h"
#include "event/name_text.h"
#include "event/stamp.h"

enum {
	TYPE_NSAP_PTR = 23,
	SOA_NUMBERS_LEN = 20,
	RRSIG_FIXED_LEN = 18,
	/*
	 * RRSIG's times are 32-bit serial numbers around now (RFC 4034,
	 * 3.1.5).  Between these, 2004 and 2089, they mean the same for any
	 * `now` between 2021 and 2072; libknot sorts out the others.
	 */
	RRSIG_EARLIEST = 0x40000000,
};

#define RRSIG_LATEST 0xe0000000u

static uint16_t u16_at(const uint8_t *p)
{
	return (uint16_t)(p[0] << 8 | p[1]);
}

static uint32_t u32_at(const uint8_t *p)
{
	return (uint32_t)u16_at(p) << 16 | u16_at(p + 2);
}

static uint32_t end_of(const struct dns_record *r)
{
	return r->rdata + r->rdlen;
}

static int write_name(
	struct json *j, struct slice msg, const struct dns_record *r)
{
	uint32_t pos = r->rdata;
	uint8_t *p;

	json_room(j, NAME_TEXT_ROOM);
	p = name_text_presentation(j->p, msg, &pos);
	if (p == NULL || pos != end_of(r))
		return RDATA_COMMON_E_BROKEN;
	j->p = p;
	return 0;
}

/* A name that has been checked, and a space. */
static void put_name(struct json *j, struct slice msg, uint32_t *pos)
{
	json_room(j, NAME_TEXT_ROOM + 1);
	j->p = name_text_presentation(j->p, msg, pos);
	*j->p++ = ' ';
}

static int write_soa(
	struct json *j, struct slice msg, const struct dns_record *r)
{
	uint32_t pos = r->rdata;

	if (!dns_name_skip(msg, &pos) || !dns_name_skip(msg, &pos) ||
		end_of(r) < pos || end_of(r) - pos != SOA_NUMBERS_LEN)
		return RDATA_COMMON_E_BROKEN;
	pos = r->rdata;
	put_name(j, msg, &pos);
	put_name(j, msg, &pos);
	json_room(j, 5 * (DIGITS_U32_MAX + 1));
	for (int i = 0; i < 5; i++, pos += 4) {
		j->p = digits_u32(j->p, u32_at(msg.data + pos));
		*j->p++ = ' ';
	}
	j->p--;
	return 0;
}

static int write_rrsig(struct json *j, const struct mnemonics *words,
	struct slice msg, const struct dns_record *r)
{
	const uint8_t *data = msg.data + r->rdata;
	uint32_t pos = r->rdata + RRSIG_FIXED_LEN;
	uint32_t expiration, inception;
	uint8_t *p;

	if (r->rdlen <= RRSIG_FIXED_LEN || !dns_name_skip(msg, &pos) ||
		pos >= end_of(r))
		return RDATA_COMMON_E_BROKEN;
	expiration = u32_at(data + 8);
	inception = u32_at(data + 12);
	if (expiration < RRSIG_EARLIEST || expiration > RRSIG_LATEST ||
		inception < RRSIG_EARLIEST || inception > RRSIG_LATEST)
		return RDATA_COMMON_E_OTHER;
	json_room(j, 128);
	p = mnemonic_type(j->p, words, u16_at(data));
	*p++ = ' ';
	p = digits_u32(p, data[2]); /* algorithm */
	*p++ = ' ';
	p = digits_u32(p, data[3]); /* labels */
	*p++ = ' ';
	p = digits_u32(p, u32_at(data + 4)); /* original TTL */
	*p++ = ' ';
	p = stamp_put_compact(p, expiration);
	*p++ = ' ';
	p = stamp_put_compact(p, inception);
	*p++ = ' ';
	p = digits_u32(p, u16_at(data + 16)); /* key tag */
	*p++ = ' ';
	j->p = p;
	pos = r->rdata + RRSIG_FIXED_LEN;
	put_name(j, msg, &pos);
	json_base64(j, slice_from(msg.data + pos, end_of(r) - pos));
	return 0;
}

int rdata_common_write(struct json *j, const struct mnemonics *words,
	struct slice msg, const struct dns_record *r)
{
	switch (r->type) {
	case KNOT_RRTYPE_A:
		if (r->rdlen != 4)
			return RDATA_COMMON_E_BROKEN;
		json_room(j, IP_TEXT_ROOM);
		j->p = ip4_text(j->p, msg.data + r->rdata);
		return 0;
	case KNOT_RRTYPE_AAAA:
		if (r->rdlen != 16)
			return RDATA_COMMON_E_BROKEN;
		json_room(j, IP_TEXT_ROOM);
		j->p = ip6_text(j->p, msg.data + r->rdata);
		return 0;
	case KNOT_RRTYPE_NS:
	case KNOT_RRTYPE_CNAME:
	case KNOT_RRTYPE_PTR:
	case KNOT_RRTYPE_DNAME:
		return write_name(j, msg, r);
	/* libknot has no format for these, but RFC 1035 and 1348 do */
	case KNOT_RRTYPE_MB:
	case KNOT_RRTYPE_MD:
	case KNOT_RRTYPE_MF:
	case KNOT_RRTYPE_MG:
	case KNOT_RRTYPE_MR:
	case TYPE_NSAP_PTR:
		return write_name(j, msg, r);
	case KNOT_RRTYPE_SOA:
		return write_soa(j, msg, r);
	case KNOT_RRTYPE_RRSIG:
		return write_rrsig(j, words, msg, r);
	default:
		return RDATA_COMMON_E_OTHER;
	}
}
