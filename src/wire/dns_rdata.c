#include "wire/dns.h"

#include <libknot/descriptor.h>

#include "wire/octets.h"

/* The data read, and the data made of it. */
struct expansion {
	struct slice msg; /* ends where the data do: nothing reads beyond */
	uint32_t pos;
	uint8_t *out;
	size_t len;
	size_t cap;
};

static bool octets_copy(struct expansion *e, size_t n)
{
	if (e->msg.len - e->pos < n || e->cap - e->len < n)
		return false;
	memcpy(e->out + e->len, e->msg.data + e->pos, n);
	e->pos += (uint32_t)n;
	e->len += n;
	return true;
}

static bool name_copy(struct expansion *e)
{
	uint8_t name[DNS_NAME_MAX];
	size_t n = dns_name_expand(e->msg, &e->pos, name);

	if (n == 0 || e->cap - e->len < n)
		return false;
	memcpy(e->out + e->len, name, n);
	e->len += n;
	return true;
}

/* RFC 3403, 4.1: order and preference, then flags, services and regexp, each a
 * string with its length in front. */
static bool naptr_header_copy(struct expansion *e)
{
	if (!octets_copy(e, 4))
		return false;
	for (unsigned i = 0; i < 3; i++) {
		if (e->pos >= e->msg.len ||
			!octets_copy(e, 1u + e->msg.data[e->pos]))
			return false;
	}
	return true;
}

static bool block_copy(struct expansion *e, int block)
{
	switch (block) {
	case KNOT_RDATA_WF_COMPRESSIBLE_DNAME:
	case KNOT_RDATA_WF_DECOMPRESSIBLE_DNAME:
	case KNOT_RDATA_WF_FIXED_DNAME:
		return name_copy(e);
	case KNOT_RDATA_WF_NAPTR_HEADER:
		return naptr_header_copy(e);
	case KNOT_RDATA_WF_REMAINDER:
		return octets_copy(e, e->msg.len - e->pos);
	default:
		return block > 0 && octets_copy(e, (size_t)block);
	}
}

/* What the data of a type is made of; unknown types are one remainder. */
static const int *blocks_of(const struct dns_record *r)
{
	static const int opaque[] = {
		KNOT_RDATA_WF_REMAINDER,
		KNOT_RDATA_WF_END,
	};
	const knot_rdata_descriptor_t *d;

	/* An A of class CHAOS is a name and a number (RFC 1035 has it for
	 * the Internet only). */
	if (r->class == KNOT_CLASS_CH && r->type == KNOT_RRTYPE_A)
		return opaque;
	d = knot_get_rdata_descriptor(r->type);
	if (d->type_name == NULL)
		d = knot_get_obsolete_rdata_descriptor(r->type);
	return d->type_name == NULL ? opaque : d->block_types;
}

int dns_rdata_expand(
	struct slice msg, const struct dns_record *r, uint8_t *out, size_t cap)
{
	struct expansion e = {
		.msg = slice_from(msg.data, (size_t)r->rdata + r->rdlen),
		.pos = r->rdata,
		.out = out,
		.cap = cap,
	};
	const int *block;

	/* Conditions and deletions of an UPDATE (RFC 2136, 2.4 and 2.5). */
	if (r->rdlen == 0 &&
		(r->class == KNOT_CLASS_ANY || r->class == KNOT_CLASS_NONE))
		return 0;
	for (block = blocks_of(r); *block != KNOT_RDATA_WF_END; block++)
		if (!block_copy(&e, *block))
			return -1;
	return e.pos == e.msg.len ? (int)e.len : -1;
}
