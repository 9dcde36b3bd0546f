#include "load/exchange.h"

#include <libknot/consts.h>
#include <libknot/descriptor.h>
#include <libknot/rrtype/opt.h>
#include <stdio.h>

enum { EDNS_SIZE = 1232, EDNS_DO = 0x8000 };
enum { ERROR_NO_AUTHORITY = 22 }; /* RFC 8914, 4.23 */
/* Sizes that encrypted messages are padded to (RFC 8467, 4.1) */
enum { PAD_QUERY = 128, PAD_RESPONSE = 468 };
enum { PROTOCOL_DOT = 3 }; /* dnstap: from here on encrypted */
enum { NAME_POINTER = 0xc000 };

static bool encrypted(const struct exchange *x, enum exchange_side side)
{
	return x->protocol[side] >= PROTOCOL_DOT;
}

static void put_option_head(struct put *p, unsigned code, size_t len)
{
	put_u16(p, code);
	put_u16(p, (unsigned)len);
}

/* The OPT record (RFC 6891), always the last one of the message. */
static void put_opt(const struct exchange *x, enum exchange_side side,
	bool response, struct put *p)
{
	static const uint8_t zeros[PAD_RESPONSE];
	bool want = side == EXCHANGE_SERVER || x->dnssec_ok;
	size_t length_at;
	struct rng rng = RNG_SEED(x->content ^ x->id[side]);
	uint64_t cookie[2] = { rng_next(&rng), rng_next(&rng) };

	put_u8(p, 0);
	put_u16(p, KNOT_RRTYPE_OPT);
	put_u16(p, EDNS_SIZE);
	put_u32(p, want ? EDNS_DO : 0);
	length_at = p->len;
	put_u16(p, 0);
	if (x->cookie && side == EXCHANGE_CLIENT) {
		/* RFC 7873: 8 octets of the client's, 8 of the server's */
		size_t len = response ? 16 : 8;

		put_option_head(p, KNOT_EDNS_OPTION_COOKIE, len);
		put_bytes(p, cookie, len);
	}
	if (x->client_subnet && side == EXCHANGE_SERVER) {
		/* RFC 7871: a /24 or /56 of the client's address */
		size_t len = x->client.ipv6 ? 7 : 3;

		put_option_head(p, KNOT_EDNS_OPTION_CLIENT_SUBNET, 4 + len);
		put_u16(p, x->client.ipv6 ? 2 : 1);
		put_u8(p, (unsigned)len * 8);
		put_u8(p, response ? 16 : 0);
		put_bytes(p, x->client.address, len);
	}
	if (response && x->rcode == KNOT_RCODE_SERVFAIL) {
		put_option_head(p, KNOT_EDNS_OPTION_EDE, 2);
		put_u16(p, ERROR_NO_AUTHORITY);
	}
	if (encrypted(x, side)) {
		size_t block = response ? PAD_RESPONSE : PAD_QUERY;
		size_t pad = (block - (p->len + 4) % block) % block;

		put_option_head(p, KNOT_EDNS_OPTION_PADDING, pad);
		put_bytes(p, zeros, pad);
	}
	put_u16_at(p, length_at, (unsigned)(p->len - length_at - 2));
}

static void put_question(const struct exchange *x, struct put *p)
{
	put_bytes(p, x->qname, x->qname_len);
	put_u16(p, x->qtype);
	put_u16(p, KNOT_CLASS_IN);
}

static void put_header(struct put *p, uint16_t id, unsigned flags,
	unsigned answers, unsigned authorities, bool opt)
{
	put_u16(p, id);
	put_u16(p, flags);
	put_u16(p, 1);
	put_u16(p, answers);
	put_u16(p, authorities);
	put_u16(p, opt);
}

void exchange_put_query(
	const struct exchange *x, enum exchange_side side, struct put *p)
{
	bool opt = side == EXCHANGE_SERVER || x->edns || encrypted(x, side);

	put_header(p, x->id[side],
		side == EXCHANGE_CLIENT ? DNS_FLAG_RD : DNS_FLAG_CD, 0, 0, opt);
	put_question(x, p);
	if (opt)
		put_opt(x, side, false, p);
}

/* A pointer to the question's name, or to the name of its zone in it. */
static void put_qname_pointer(struct put *p)
{
	put_u16(p, NAME_POINTER | DNS_HEADER_LEN);
}

static void put_zone_pointer(const struct exchange *x, struct put *p)
{
	put_u16(p, NAME_POINTER | (DNS_HEADER_LEN + x->zone_at));
}

/* The fixed part of a record behind its name; its length comes later. */
static size_t put_record_head(struct put *p, unsigned type, uint32_t ttl)
{
	put_u16(p, type);
	put_u16(p, KNOT_CLASS_IN);
	put_u32(p, ttl);
	put_u16(p, 0);
	return p->len;
}

static void put_record_end(struct put *p, size_t rdata_at)
{
	put_u16_at(p, rdata_at - 2, (unsigned)(p->len - rdata_at));
}

static void put_random(struct put *p, size_t n, struct rng *rng)
{
	for (; n >= 8; n -= 8) {
		uint64_t v = rng_next(rng);

		put_bytes(p, &v, 8);
	}
	while (n-- > 0)
		put_u8(p, rng_below(rng, 256));
}

/* Names in the data of types younger than RFC 1035 are not compressed. */
static void put_host_in_full(
	const struct exchange *x, const char *host, struct put *p)
{
	put_label(p, host);
	put_bytes(p, x->qname + x->zone_at, x->qname_len - x->zone_at);
}

static void put_text(struct put *p, struct rng *rng)
{
	char text[128];

	if (rng_chance(rng, 50))
		snprintf(text, sizeof(text),
			"v=spf1 ip4:192.0.2.%u include:_spf.%s.example ~all",
			rng_below(rng, 256), exchange_word(rng));
	else
		snprintf(text, sizeof(text),
			"%s-site-verification=%016llx%016llx",
			exchange_word(rng), (unsigned long long)rng_next(rng),
			(unsigned long long)rng_next(rng));
	put_label(p, text);
}

static void put_answer_data(
	const struct exchange *x, unsigned i, struct put *p, struct rng *rng)
{
	static const uint8_t a_net[] = { 203, 0, 113 };
	static const uint8_t aaaa_net[] = { 0x20, 0x01, 0x0d, 0xb8, 0, 3, 0,
		0 };
	/* RFC 9460: priority 1, the owner itself, alpn h2 and h3, ipv4hint */
	static const uint8_t https[] = { 0, 1, 0, 0, 1, 0, 6, 2, 'h', '2', 2,
		'h', '3', 0, 4, 0, 4, 203, 0, 113 };
	char host[16];

	switch (x->qtype) {
	case KNOT_RRTYPE_A:
		put_bytes(p, a_net, sizeof(a_net));
		put_u8(p, rng_below(rng, 256));
		break;
	case KNOT_RRTYPE_AAAA:
		put_bytes(p, aaaa_net, sizeof(aaaa_net));
		put_random(p, 8, rng);
		break;
	case KNOT_RRTYPE_HTTPS:
		put_bytes(p, https, sizeof(https));
		put_u8(p, rng_below(rng, 256));
		break;
	case KNOT_RRTYPE_PTR:
		snprintf(host, sizeof(host), "host-%u", rng_below(rng, 65536));
		put_label(p, host);
		put_label(p, exchange_word(rng));
		put_label(p, "example");
		put_u8(p, 0);
		break;
	case KNOT_RRTYPE_TXT:
		put_text(p, rng);
		break;
	case KNOT_RRTYPE_MX:
		put_u16(p, 10 * (i + 1));
		snprintf(host, sizeof(host), "mx%u", i + 1);
		put_label(p, host);
		put_zone_pointer(x, p);
		break;
	case KNOT_RRTYPE_SRV:
		put_u16(p, 10 * (i + 1));
		put_u16(p, rng_below(rng, 100));
		put_u16(p, 5060);
		snprintf(host, sizeof(host), "srv%u", i + 1);
		put_host_in_full(x, host, p);
		break;
	case KNOT_RRTYPE_NS:
		snprintf(host, sizeof(host), "ns%u", i + 1);
		put_label(p, host);
		put_zone_pointer(x, p);
		break;
	case KNOT_RRTYPE_SOA:
		put_label(p, "ns1");
		put_zone_pointer(x, p);
		put_label(p, "hostmaster");
		put_zone_pointer(x, p);
		put_u32(p, 2026000000 + rng_below(rng, 1000000));
		put_u32(p, 7200);
		put_u32(p, 900);
		put_u32(p, 1209600);
		put_u32(p, 300);
		break;
	case KNOT_RRTYPE_DS: /* ECDSA P-256, SHA-256 */
		put_u16(p, rng_below(rng, 65536));
		put_u8(p, 13);
		put_u8(p, 2);
		put_random(p, 32, rng);
		break;
	case KNOT_RRTYPE_DNSKEY:
		put_u16(p, i == 0 ? 257 : 256);
		put_u8(p, 3);
		put_u8(p, 13);
		put_random(p, 64, rng);
		break;
	}
}

/*
 * A signature by the question's zone (RFC 4034, 3.1; ECDSA P-256).
 * owner: the name the signed records belong to, for the count of its labels
 */
static void put_rrsig(const struct exchange *x, const uint8_t *owner,
	unsigned covered, uint32_t ttl, struct put *p, struct rng *rng)
{
	unsigned labels = 0;
	size_t rdata = put_record_head(p, KNOT_RRTYPE_RRSIG, ttl);

	for (; *owner != 0; owner += 1 + *owner)
		labels++;
	put_u16(p, covered);
	put_u8(p, 13);
	put_u8(p, labels);
	put_u32(p, ttl);
	put_u32(p, 1797000000);
	put_u32(p, 1795000000 + rng_below(rng, 1000000));
	put_u16(p, rng_below(rng, 65536));
	put_bytes(p, x->qname + x->zone_at, x->qname_len - x->zone_at);
	put_random(p, 64, rng);
	put_record_end(p, rdata);
}

/* What says that there is nothing: the zone's SOA, and NSEC when signed. */
static unsigned put_denial(
	const struct exchange *x, bool signatures, struct put *p)
{
	static const uint8_t next[] = { 1, 0 }; /* the label \000 */
	/* bits of A, RRSIG and NSEC (RFC 4034, 4.1.2) */
	static const uint8_t types[] = { 0, 6, 0x40, 0, 0, 0, 0, 0x03 };
	struct exchange soa = *x;
	struct rng rng = RNG_SEED(x->content + 1);
	size_t rdata;

	soa.qtype = KNOT_RRTYPE_SOA;
	put_zone_pointer(x, p);
	rdata = put_record_head(p, KNOT_RRTYPE_SOA, 300);
	put_answer_data(&soa, 0, p, &rng);
	put_record_end(p, rdata);
	if (!signatures)
		return 1;
	put_zone_pointer(x, p);
	put_rrsig(x, x->qname + x->zone_at, KNOT_RRTYPE_SOA, 300, p, &rng);
	put_qname_pointer(p);
	rdata = put_record_head(p, KNOT_RRTYPE_NSEC, 300);
	put_bytes(p, next, sizeof(next));
	put_bytes(p, x->qname, x->qname_len);
	put_bytes(p, types, sizeof(types));
	put_record_end(p, rdata);
	put_qname_pointer(p);
	put_rrsig(x, x->qname, KNOT_RRTYPE_NSEC, 300, p, &rng);
	return 4;
}

static unsigned put_answers(
	const struct exchange *x, bool signatures, struct put *p)
{
	struct rng rng = RNG_SEED(x->content);
	uint32_t ttl = 60 * (1 + rng_below(&rng, 60));
	size_t owner = DNS_HEADER_LEN;
	unsigned records = 0;
	size_t rdata;

	if (x->alias) {
		put_qname_pointer(p);
		rdata = put_record_head(p, KNOT_RRTYPE_CNAME, ttl);
		owner = rdata;
		put_label(p, exchange_word(&rng));
		put_label(p, "cdn");
		put_label(p, "example");
		put_u8(p, 0);
		put_record_end(p, rdata);
		records++;
	}
	for (unsigned i = 0; i < x->n_answers; i++) {
		put_u16(p, NAME_POINTER | (unsigned)owner);
		rdata = put_record_head(p, x->qtype, ttl);
		put_answer_data(x, i, p, &rng);
		put_record_end(p, rdata);
		records++;
	}
	/* an alias leads to a zone that is not signed */
	if (signatures && records > 0) {
		put_qname_pointer(p);
		put_rrsig(x, x->qname, x->alias ? KNOT_RRTYPE_CNAME : x->qtype,
			ttl, p, &rng);
		records++;
	}
	return records;
}

void exchange_put_response(
	const struct exchange *x, enum exchange_side side, struct put *p)
{
	bool from_server = side == EXCHANGE_SERVER;
	bool opt = from_server || x->edns || encrypted(x, side);
	bool signatures = x->is_signed && (from_server || x->dnssec_ok);
	bool denial = x->n_answers == 0 &&
		      (x->rcode == 0 || x->rcode == KNOT_RCODE_NXDOMAIN);
	unsigned flags = DNS_FLAG_QR | x->rcode;
	size_t start = p->len;
	unsigned answers;
	unsigned authorities;

	if (from_server)
		flags |= DNS_FLAG_AA;
	else
		flags |= DNS_FLAG_RD | DNS_FLAG_RA |
			 (signatures ? DNS_FLAG_AD : 0);
	put_header(p, x->id[side], flags, 0, 0, opt);
	put_question(x, p);
	answers = put_answers(x, signatures, p);
	authorities = denial ? put_denial(x, signatures, p) : 0;
	put_u16_at(p, start + 6, answers);
	put_u16_at(p, start + 8, authorities);
	if (opt)
		put_opt(x, side, true, p);
}
