/*
 * Generator: dnstap payloads as a busy resolver would send them.
 *
 * Made of exchanges (load/exchange.h): CLIENT_QUERY, then, if the cache has no
 * answer, RESOLVER_QUERY and RESOLVER_RESPONSE, then CLIENT_RESPONSE.  The same
 * seed and start give the same messages.  About 200 octets each on average.
 */
#ifndef TAPFERRY_LOAD_GENERATE_H
#define TAPFERRY_LOAD_GENERATE_H

#include "load/exchange.h"

enum { GENERATOR_MAX = 4096 }; /* octets of the largest payload */

struct generator {
	const char *identity; /* lent */
	struct rng rng;
	struct exchange exchange;
	unsigned step;    /* which of the exchange's messages comes next */
	uint64_t time_ns; /* since 1970: when the exchange began */
};

enum { GENERATOR_IDENTITY_MAX = 255 };
#define GENERATOR_IDENTITY "resolver-1"

/*
 * @start_ns:  time of the first message, since 1970; they are 1 to 20 us apart
 * @identity:  of the DNS server; up to GENERATOR_IDENTITY_MAX octets, lent
 */
void generator_init(struct generator *g, uint64_t seed, uint64_t start_ns,
	const char *identity);

/*
 * generator_next() - write the next payload
 * @cap:  GENERATOR_MAX at least
 *
 * Return: its length.
 */
size_t generator_next(struct generator *g, uint8_t *buf, size_t cap);

#endif
