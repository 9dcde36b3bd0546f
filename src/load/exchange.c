#include "load/exchange.h"

#include <libknot/consts.h>
#include <libknot/descriptor.h>
#include <stdio.h>

enum { PROTOCOL_UDP = 1, PROTOCOL_TCP, PROTOCOL_DOT, PROTOCOL_DOH };

static const char *const words[] = { "acorn", "basalt", "cedar", "delta",
	"ember", "fjord", "garnet", "harbor", "indigo", "juniper", "kestrel",
	"lagoon", "meadow", "nimbus", "orchid", "pebble", "quartz", "raven",
	"saffron", "tamarind", "umbra", "velvet", "willow", "zephyr" };
static const char *const hosts[] = { "www", "api", "cdn", "mail", "static",
	"img", "login", "edge", "assets", "ns1", "update", "telemetry" };
static const char *const tops[] = { "example", "test", "com", "net", "org" };

#define LENGTH(array)    (sizeof(array) / sizeof((array)[0]))
#define PICK(array, rng) ((array)[rng_below((rng), (unsigned)LENGTH(array))])

const char *exchange_word(struct rng *rng)
{
	return PICK(words, rng);
}

/* The qname of a pointer record: an address backwards (RFC 1035, 3.5). */
static void draw_reverse_name(struct put *name, struct rng *rng)
{
	char label[4];

	if (rng_chance(rng, 25)) {
		for (int i = 0; i < 32; i++) {
			snprintf(
				label, sizeof(label), "%x", rng_below(rng, 16));
			put_label(name, label);
		}
		put_label(name, "ip6");
	} else {
		for (int i = 0; i < 4; i++) {
			snprintf(label, sizeof(label), "%u",
				rng_below(rng, 256));
			put_label(name, label);
		}
		put_label(name, "in-addr");
	}
	put_label(name, "arpa");
	put_u8(name, 0);
}

static void draw_name(struct exchange *x, struct rng *rng)
{
	struct put name = PUT_INIT(x->qname, sizeof(x->qname));
	char label[64];

	if (x->qtype == KNOT_RRTYPE_PTR) {
		draw_reverse_name(&name, rng);
		x->qname_len = (uint8_t)name.len;
		x->zone_at = (uint8_t)(1 + x->qname[0]);
		return;
	}
	if (x->qtype == KNOT_RRTYPE_SRV) {
		put_label(&name, rng_chance(rng, 50) ? "_sip" : "_ldap");
		put_label(&name, "_tcp");
	} else if (x->qtype == KNOT_RRTYPE_A || x->qtype == KNOT_RRTYPE_AAAA ||
		   x->qtype == KNOT_RRTYPE_HTTPS) {
		if (rng_chance(rng, 30))
			snprintf(label, sizeof(label), "%s%u", PICK(hosts, rng),
				rng_below(rng, 1000));
		else
			snprintf(label, sizeof(label), "%s", PICK(hosts, rng));
		put_label(&name, label);
		if (rng_chance(rng, 15)) {
			snprintf(label, sizeof(label), "eu-west-%u",
				rng_below(rng, 4));
			put_label(&name, label);
		}
	}
	x->zone_at = (uint8_t)name.len;
	if (rng_chance(rng, 60))
		snprintf(label, sizeof(label), "%s-%s", PICK(words, rng),
			PICK(words, rng));
	else
		snprintf(label, sizeof(label), "%s", PICK(words, rng));
	put_label(&name, label);
	/* "example" is reserved below com, net and org too */
	const char *top = PICK(tops, rng);
	if (strlen(top) == 3)
		put_label(&name, "example");
	put_label(&name, top);
	put_u8(&name, 0);
	x->qname_len = (uint8_t)name.len;
}

static uint16_t draw_type(struct rng *rng)
{
	static const struct {
		uint16_t type;
		uint8_t percent;
	} share[] = {
		{ KNOT_RRTYPE_A, 50 },
		{ KNOT_RRTYPE_AAAA, 23 },
		{ KNOT_RRTYPE_HTTPS, 9 },
		{ KNOT_RRTYPE_PTR, 7 },
		{ KNOT_RRTYPE_TXT, 3 },
		{ KNOT_RRTYPE_MX, 2 },
		{ KNOT_RRTYPE_SRV, 2 },
		{ KNOT_RRTYPE_NS, 1 },
		{ KNOT_RRTYPE_SOA, 1 },
		{ KNOT_RRTYPE_DS, 1 },
		{ KNOT_RRTYPE_DNSKEY, 1 },
	};
	unsigned at = rng_below(rng, 100);

	for (size_t i = 0; i < LENGTH(share); i++) {
		if (at < share[i].percent)
			return share[i].type;
		at -= share[i].percent;
	}
	return KNOT_RRTYPE_A;
}

static void draw_answer(struct exchange *x, struct rng *rng)
{
	unsigned at = rng_below(rng, 100);

	x->rcode = 0;
	x->n_answers = 0;
	x->alias = false;
	if (at < 12) {
		x->rcode = KNOT_RCODE_NXDOMAIN;
	} else if (at < 14) {
		x->rcode = rng_chance(rng, 50) ? KNOT_RCODE_SERVFAIL
					       : KNOT_RCODE_REFUSED;
	} else if (at >= 20) { /* below: the name is there, the type is not */
		/* two thirds have one record, few have many */
		x->n_answers = 1;
		if (rng_chance(rng, 8))
			x->n_answers = (uint8_t)(5 + rng_below(rng, 6));
		else if (rng_chance(rng, 28))
			x->n_answers = (uint8_t)(2 + rng_below(rng, 3));
		x->alias = x->qtype == KNOT_RRTYPE_A ||
					   x->qtype == KNOT_RRTYPE_AAAA
				   ? rng_chance(rng, 20)
				   : false;
	}
	if (x->n_answers > 1 &&
		(x->qtype == KNOT_RRTYPE_PTR || x->qtype == KNOT_RRTYPE_SOA ||
			x->qtype == KNOT_RRTYPE_HTTPS))
		x->n_answers = 1;
	x->is_signed = x->rcode != KNOT_RCODE_SERVFAIL &&
		       x->rcode != KNOT_RCODE_REFUSED && rng_chance(rng, 30);
	x->content = rng_next(rng);
}

/* An address of a block: its first octets, the rest at random. */
static void draw_end(struct exchange_end *end, bool ipv6, const uint8_t *block,
	size_t block_len, uint16_t port, struct rng *rng)
{
	size_t len = ipv6 ? 16 : 4;
	uint64_t low = rng_next(rng);

	memset(end, 0, sizeof(*end));
	end->ipv6 = ipv6;
	end->port = port;
	memcpy(end->address, block, block_len);
	for (size_t i = len - 1; i >= block_len && i >= len - 3; i--) {
		end->address[i] = (uint8_t)low;
		low >>= 8;
	}
}

static uint16_t ephemeral_port(struct rng *rng)
{
	return (uint16_t)(1024 + rng_below(rng, 64512));
}

static void draw_transport(struct exchange *x, struct rng *rng)
{
	static const uint8_t clients4[] = { 10, 20 };
	static const uint8_t servers4[] = { 198, 51, 100 };
	static const uint8_t resolver4[] = { 192, 0, 2, 53 };
	static const uint8_t clients6[] = { 0x20, 0x01, 0x0d, 0xb8, 0, 1 };
	static const uint8_t servers6[] = { 0x20, 0x01, 0x0d, 0xb8, 0, 2 };
	static const uint8_t resolver6[] = { 0x20, 0x01, 0x0d, 0xb8, 0, 0, 0, 0,
		0, 0, 0, 0, 0, 0, 0, 0x53 };
	static const uint16_t ports[] = { 0, 53, 53, 853, 443 };
	unsigned at = rng_below(rng, 100);
	uint8_t protocol = at < 86   ? PROTOCOL_UDP
			   : at < 91 ? PROTOCOL_TCP
			   : at < 96 ? PROTOCOL_DOT
				     : PROTOCOL_DOH;
	bool ipv6 = rng_chance(rng, 30);

	x->protocol[EXCHANGE_CLIENT] = protocol;
	draw_end(&x->client, ipv6, ipv6 ? clients6 : clients4,
		ipv6 ? sizeof(clients6) : sizeof(clients4), ephemeral_port(rng),
		rng);
	draw_end(&x->resolver, ipv6, ipv6 ? resolver6 : resolver4,
		ipv6 ? sizeof(resolver6) : sizeof(resolver4), ports[protocol],
		rng);
	ipv6 = rng_chance(rng, 40);
	x->protocol[EXCHANGE_SERVER] =
		rng_chance(rng, 97) ? PROTOCOL_UDP : PROTOCOL_TCP;
	draw_end(&x->outgoing, ipv6, ipv6 ? resolver6 : resolver4,
		ipv6 ? sizeof(resolver6) : sizeof(resolver4),
		ephemeral_port(rng), rng);
	draw_end(&x->server, ipv6, ipv6 ? servers6 : servers4,
		ipv6 ? sizeof(servers6) : sizeof(servers4), 53, rng);
}

void exchange_draw(struct exchange *x, struct rng *rng)
{
	x->qtype = draw_type(rng);
	draw_name(x, rng);
	draw_answer(x, rng);
	draw_transport(x, rng);
	x->id[EXCHANGE_CLIENT] = (uint16_t)rng_next(rng);
	x->id[EXCHANGE_SERVER] = (uint16_t)rng_next(rng);
	x->edns = rng_chance(rng, 70);
	x->dnssec_ok = x->edns && rng_chance(rng, 25);
	x->cookie = x->edns && rng_chance(rng, 20);
	x->client_subnet = rng_chance(rng, 10);
	x->cached = rng_chance(rng, 70);
	x->server_ns =
		x->cached ? 0 : 1000000 + rng_below(rng, 80 * 1000 * 1000);
	x->client_ns = x->server_ns + 20000 + rng_below(rng, 400 * 1000);
}
