/*
 * Dns: one DNS message (RFC 1035), walked once.
 *
 * Finds the header, the questions, every record of every section and the OPT
 * record (RFC 6891) without allocating: names stay offsets into the message,
 * record data stay slices of it.  A broken message is not an error of the
 * caller's: what could be read is there, `malformed` says that something is
 * wrong with the rest.
 */
#ifndef TAPFERRY_WIRE_DNS_H
#define TAPFERRY_WIRE_DNS_H

#include <stdbool.h>
#include <stdint.h>

#include "base/slice.h"

enum {
	DNS_HEADER_LEN = 12,
	DNS_NAME_MAX = 255,     /* wire octets of a name, with the root (RFC
				   1035, 2.3.4) */
	DNS_RECORDS_MAX = 6144, /* more than 64 KiB can hold (11 octets each) */
};

/* Flag bits of the header's second 16 bits */
enum {
	DNS_FLAG_QR = 0x8000,
	DNS_FLAG_AA = 0x0400,
	DNS_FLAG_TC = 0x0200,
	DNS_FLAG_RD = 0x0100,
	DNS_FLAG_RA = 0x0080,
	DNS_FLAG_AD = 0x0020,
	DNS_FLAG_CD = 0x0010,
};

enum dns_section {
	DNS_ANSWER = 0,
	DNS_AUTHORITY,
	DNS_ADDITIONAL,
	DNS_SECTIONS
};

struct dns_record {
	uint32_t name;  /* offset of the owner name in the message */
	uint32_t rdata; /* offset of the data */
	uint32_t ttl;
	uint16_t rdlen;
	uint16_t type;
	uint16_t class;
};

struct dns {
	struct slice msg;
	bool has_header;   /* 12 octets were there: id, flags and count */
	bool has_qname;    /* the first question's name ... */
	bool has_question; /* ... and its type and class */
	bool has_opt;
	bool malformed; /* anything cut, inconsistent or left over wrongly */
	uint16_t id;
	uint16_t flags;
	uint16_t count[4]; /* as the header has them: qd an ns ar */
	uint32_t qname;    /* offset of the first question's name */
	uint16_t qtype;
	uint16_t qclass;
	/* By section: records read, OPT included, and the first one's index. */
	uint32_t n_records[DNS_SECTIONS];
	uint32_t first[DNS_SECTIONS];
	struct dns_record *records; /* the caller's scratch */
	struct dns_record opt;      /* the additional section's first OPT */
};

/*
 * dns_decode() - walk a message
 * @d:        written always
 * @records:  scratch of the caller's, DNS_RECORDS_MAX long, lent to *d
 *
 * A record whose owner name, fixed part or data do not fit ends the walk with
 * malformed set.  Octets behind the last record, a second OPT, an OPT outside
 * the additional section or not at the root set malformed too; so does a
 * name that is broken anywhere (records' data are checked by dns_rdata_*).
 *
 * Pure; any thread.
 */
void dns_decode(struct dns *d, struct dns_record *records, struct slice msg);

static inline unsigned dns_opcode(const struct dns *d)
{
	return d->flags >> 11 & 15;
}

/* With the upper eight bits of the OPT record, if there is one. */
static inline unsigned dns_rcode(const struct dns *d)
{
	return (d->flags & 15) | (d->has_opt ? d->opt.ttl >> 24 << 4 : 0);
}

/*
 * dns_name_skip() - where a name in a message ends
 * @pos:  in: offset of its first octet; out: the octet after it (after the
 *        pointer, for a compressed one)
 *
 * Checks the whole name: every pointer goes to before the labels it ends and
 * not into the header, label types are 00 or 11, the name is at most 255
 * octets, and at most 256 pointers make it.
 * Return: false for a broken name (*pos is unchanged).
 */
bool dns_name_skip(struct slice msg, uint32_t *pos);

/*
 * dns_name_expand() - a name without compression, in wire format
 * @pos:   as for dns_name_skip()
 * @name:  DNS_NAME_MAX octets; case is kept
 *
 * Return: its length with the root, or 0 for a broken name (*pos is
 * unchanged).
 */
size_t dns_name_expand(struct slice msg, uint32_t *pos, uint8_t *name);

/*
 * dns_rdata_expand() - a record's data with its names uncompressed
 * @out, cap:  DNS_RDATA_EXPANDED_MAX is always enough
 *
 * Names are expanded in every type that libknot's descriptors have a name in,
 * compressed or not: RFC 3597, section 4, lets a sender compress only those of
 * RFC 1035, but receivers have always taken more.  Everything else is copied.
 * Of class CHAOS's A (a name and a number) nothing is expanded; the empty data
 * of an UPDATE's conditions and deletions (class ANY, NONE) is right for any
 * type.
 * Return: the length, or -1 when the data is broken (names or fixed part run
 * over the end, octets are left over) or cap is too small.
 */
enum { DNS_RDATA_EXPANDED_MAX = 65535 };
int dns_rdata_expand(
	struct slice msg, const struct dns_record *r, uint8_t *out, size_t cap);

/* EDNS options: iterate over the OPT record's data. */
struct dns_option {
	uint16_t code;
	struct slice data;
};

/*
 * dns_option_next() - the next option of an OPT record's data
 * @rest:  in: what is left; out: behind the option
 *
 * Return: false at the end; then *malformed tells whether octets were left
 * that are no option.
 */
bool dns_option_next(
	struct slice *rest, struct dns_option *option, bool *malformed);

#endif
