/*
 * Exchange: one DNS question and its answer as a resolver sees them, twice:
 * between client and resolver, and, when the cache has no answer, between
 * resolver and authoritative server.
 *
 * Drawn at random in proportions as resolvers meet them: half of the questions
 * for A, a quarter for AAAA, then HTTPS, PTR and the rest; one name in eight
 * does not exist; one zone in three is signed.  Names are below the reserved
 * top-level domains (RFC 2606), addresses from private use and documentation.
 */
#ifndef TAPFERRY_LOAD_EXCHANGE_H
#define TAPFERRY_LOAD_EXCHANGE_H

#include <stdbool.h>
#include <stdint.h>

#include "load/put.h"
#include "load/rng.h"
#include "wire/dns.h"

enum exchange_side {
	EXCHANGE_CLIENT = 0, /* client and resolver */
	EXCHANGE_SERVER,     /* resolver and authoritative server */
};

struct exchange_end {
	bool ipv6;
	uint8_t address[16]; /* the first 4 octets for IPv4 */
	uint16_t port;
};

struct exchange {
	/* the question */
	uint8_t qname[DNS_NAME_MAX];
	uint8_t qname_len;
	uint8_t zone_at; /* where in qname the name of its zone begins */
	uint16_t qtype;
	/* the answer */
	uint8_t rcode;
	uint8_t n_answers; /* 0 to 10, aliases not counted */
	bool alias;        /* a CNAME comes first */
	bool is_signed;
	uint64_t content; /* seed of the record data: the same on both sides */
	/* the transport */
	uint16_t id[2];      /* of the message, on each side */
	bool edns;           /* the client speaks it; servers always do */
	bool dnssec_ok;      /* the client asks for signatures */
	bool cookie;         /* the client sends a DNS cookie */
	bool client_subnet;  /* the resolver tells the server the subnet */
	bool cached;         /* no server is asked */
	uint8_t protocol[2]; /* dnstap's SocketProtocol, each side */
	struct exchange_end client;   /* who asks the resolver */
	struct exchange_end resolver; /* where it is asked */
	struct exchange_end outgoing; /* where it asks the server from */
	struct exchange_end server;
	uint32_t client_ns; /* how long the client waits for the answer */
	uint32_t server_ns; /* and how long of that the resolver does */
};

/* Draws the next exchange; every field of *x is written. */
void exchange_draw(struct exchange *x, struct rng *rng);

/* A word for a label. */
const char *exchange_word(struct rng *rng);

/* Write the DNS message of one side. */
void exchange_put_query(
	const struct exchange *x, enum exchange_side side, struct put *p);
void exchange_put_response(
	const struct exchange *x, enum exchange_side side, struct put *p);

#endif
