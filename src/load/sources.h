/*
 * Sources: the addresses that connections come from, one after the other.
 *
 * A network of this machine's own addresses, such as 127.0.0.0/8 or one of
 * its part, all of which are the loopback interface's.  From one address to
 * one listener a system has no more ports than its ephemeral range (28,232
 * usually); each further address has as many again.
 */
#ifndef TAPFERRY_LOAD_SOURCES_H
#define TAPFERRY_LOAD_SOURCES_H

#include <netinet/in.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/buf.h"
#include "net/address.h"

struct sources {
	bool ipv4;
	struct in6_addr first; /* IPv4: mapped */
	uint64_t n;            /* addresses; 0: whatever the system chooses */
	uint64_t next;
};

/*
 * sources_parse() - "127.0.0.0/8", "192.0.2.7", "2001:db8::/64"
 * @why:  written on failure: what is wrong, and how it should read
 *
 * Of an IPv4 network, its own and its broadcast address are left out.
 * Return: 0 or -EINVAL.
 */
int sources_parse(struct sources *s, const char *text, struct buf *why);

/* Can connections from there go to that address? */
bool sources_suit(const struct sources *s, const struct address *to);

/* The next one, with port 0.  Only with n > 0. */
void sources_next(struct sources *s, struct address *from);

#endif
