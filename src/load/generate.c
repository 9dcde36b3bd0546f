#include "load/generate.h"

#include <assert.h>

#include "base/clock.h"
#include "wire/dnstap.h"

/* dnstap.proto: field numbers, and the wire types of protobuf */
enum {
	DNSTAP_IDENTITY = 1,
	DNSTAP_VERSION = 2,
	DNSTAP_MESSAGE = 14,
	DNSTAP_TYPE = 15,
};
enum {
	MESSAGE_TYPE = 1,
	MESSAGE_FAMILY = 2,
	MESSAGE_PROTOCOL = 3,
	MESSAGE_QUERY_ADDRESS = 4,
	MESSAGE_RESPONSE_ADDRESS = 5,
	MESSAGE_QUERY_PORT = 6,
	MESSAGE_RESPONSE_PORT = 7,
	MESSAGE_QUERY_TIME_SEC = 8,
	MESSAGE_QUERY_TIME_NSEC = 9,
	MESSAGE_QUERY_MESSAGE = 10,
	MESSAGE_QUERY_ZONE = 11,
	MESSAGE_RESPONSE_TIME_SEC = 12,
	MESSAGE_RESPONSE_TIME_NSEC = 13,
	MESSAGE_RESPONSE_MESSAGE = 14,
};
enum { WIRE_VARINT = 0, WIRE_BYTES = 2, WIRE_FIXED32 = 5 };

enum { STEP_CLIENT_QUERY, STEP_SERVER_QUERY, STEP_SERVER_RESPONSE, STEP_LAST };

static void put_varint(struct put *p, uint64_t v)
{
	for (; v >= 0x80; v >>= 7)
		put_u8(p, (unsigned)(v & 0x7f) | 0x80);
	put_u8(p, (unsigned)v);
}

static void put_number(struct put *p, unsigned field, uint64_t v)
{
	put_varint(p, field << 3 | WIRE_VARINT);
	put_varint(p, v);
}

static void put_fixed32(struct put *p, unsigned field, uint32_t v)
{
	uint8_t little[4] = { (uint8_t)v, (uint8_t)(v >> 8), (uint8_t)(v >> 16),
		(uint8_t)(v >> 24) };

	put_varint(p, field << 3 | WIRE_FIXED32);
	put_bytes(p, little, sizeof(little));
}

static void put_field(
	struct put *p, unsigned field, const void *data, size_t len)
{
	put_varint(p, field << 3 | WIRE_BYTES);
	put_varint(p, len);
	put_bytes(p, data, len);
}

static void put_ends(struct put *p, const struct exchange_end *asker,
	const struct exchange_end *asked)
{
	size_t len = asker->ipv6 ? 16 : 4;

	put_number(p, MESSAGE_FAMILY,
		asker->ipv6 ? DNSTAP_FAMILY_INET6 : DNSTAP_FAMILY_INET);
	put_field(p, MESSAGE_QUERY_ADDRESS, asker->address, len);
	put_field(p, MESSAGE_RESPONSE_ADDRESS, asked->address, len);
	put_number(p, MESSAGE_QUERY_PORT, asker->port);
	put_number(p, MESSAGE_RESPONSE_PORT, asked->port);
}

/* Query times are fields 8 and 9, response times 12 and 13. */
static void put_time(struct put *p, unsigned field, uint64_t ns)
{
	put_number(p, field, ns / NS_PER_S);
	put_fixed32(p, field + 1, (uint32_t)(ns % NS_PER_S));
}

static void put_message(const struct generator *g, struct put *p)
{
	const struct exchange *x = &g->exchange;
	bool server =
		g->step == STEP_SERVER_QUERY || g->step == STEP_SERVER_RESPONSE;
	bool response = g->step >= STEP_SERVER_RESPONSE;
	enum exchange_side side = server ? EXCHANGE_SERVER : EXCHANGE_CLIENT;
	/* the resolver spends half of its own share before it asks */
	uint64_t asked_ns =
		g->time_ns + (server ? (x->client_ns - x->server_ns) / 2 : 0);
	uint64_t answered_ns =
		asked_ns + (server ? x->server_ns : x->client_ns);
	uint8_t dns[GENERATOR_MAX];
	struct put message = PUT_INIT(dns, sizeof(dns));
	int operation = server ? DNSTAP_RESOLVER_QUERY : DNSTAP_CLIENT_QUERY;

	put_number(p, MESSAGE_TYPE, (unsigned)(operation + response));
	put_number(p, MESSAGE_PROTOCOL, x->protocol[side]);
	if (server)
		put_ends(p, &x->outgoing, &x->server);
	else
		put_ends(p, &x->client, &x->resolver);
	/* as Unbound does: both times between servers, else only its own */
	if (!response || server)
		put_time(p, MESSAGE_QUERY_TIME_SEC, asked_ns);
	if (server)
		put_field(p, MESSAGE_QUERY_ZONE, x->qname + x->zone_at,
			x->qname_len - x->zone_at);
	if (response) {
		put_time(p, MESSAGE_RESPONSE_TIME_SEC, answered_ns);
		exchange_put_response(x, side, &message);
		put_field(p, MESSAGE_RESPONSE_MESSAGE, dns, message.len);
	} else {
		exchange_put_query(x, side, &message);
		put_field(p, MESSAGE_QUERY_MESSAGE, dns, message.len);
	}
	p->failed |= message.failed;
}

void generator_init(struct generator *g, uint64_t seed, uint64_t start_ns,
	const char *identity)
{
	memset(g, 0, sizeof(*g));
	g->identity = identity;
	g->rng = RNG_SEED(seed);
	g->time_ns = start_ns;
	exchange_draw(&g->exchange, &g->rng);
}

static void generator_advance(struct generator *g)
{
	if (g->step == STEP_LAST) {
		g->step = STEP_CLIENT_QUERY;
		g->time_ns += 1000 + rng_below(&g->rng, 19 * 1000);
		exchange_draw(&g->exchange, &g->rng);
	} else if (g->step == STEP_CLIENT_QUERY && g->exchange.cached) {
		g->step = STEP_LAST;
	} else {
		g->step++;
	}
}

size_t generator_next(struct generator *g, uint8_t *buf, size_t cap)
{
	static const char version[] = "tapferry-load " PACKAGE_VERSION;
	uint8_t inner[GENERATOR_MAX];
	struct put message = PUT_INIT(inner, sizeof(inner));
	struct put p = PUT_INIT(buf, cap);

	put_message(g, &message);
	put_field(&p, DNSTAP_IDENTITY, g->identity, strlen(g->identity));
	put_field(&p, DNSTAP_VERSION, version, sizeof(version) - 1);
	put_field(&p, DNSTAP_MESSAGE, inner, message.len);
	put_number(&p, DNSTAP_TYPE, 1);
	assert(!message.failed && !p.failed);
	generator_advance(g);
	return p.len;
}
