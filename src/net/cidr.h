/*
 * CIDR: networks of peer addresses, and lists of them.
 *
 *	192.0.2.0/24   2001:db8::/32   203.0.113.7 (the one address)
 *
 * IPv4 is held as an IPv4-mapped address, the way a dual socket gives it, and
 * stays a family of its own: ::/0 is every IPv6 address and no IPv4 one.
 */
#ifndef TAPFERRY_NET_CIDR_H
#define TAPFERRY_NET_CIDR_H

#include <netinet/in.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"

struct cidr {
	struct in6_addr address; /* bits behind the prefix are 0 */
	uint8_t bits;            /* of 128; IPv4: 96 and more */
};

struct cidr_list {
	struct cidr *items; /* owned */
	size_t n;
};

#define CIDR_LIST_NULL ((struct cidr_list){ 0 })

/*
 * cidr_parse() - one network
 * @why:  written on failure: what is wrong, and how it should read
 *
 * Return: 0 or -EINVAL; *c is set on 0 only.
 */
int cidr_parse(struct cidr *c, const char *text, struct buf *why);
void cidr_format(const struct cidr *c, struct buf *out);

/* @address: IPv4 as a mapped one */
bool cidr_has(const struct cidr *c, const struct in6_addr *address);

/* The network of so many bits that an address, IPv4 as a mapped one, is in. */
struct cidr cidr_around(
	const struct in6_addr *address, unsigned ipv4_bits, unsigned ipv6_bits);

/*
 * cidr_list_parse() - networks separated by commas; "": none
 *
 * Return: 0, -EINVAL (see above) or -ENOMEM; *l is set on 0 only.
 */
int cidr_list_parse(struct cidr_list *l, const char *text, struct buf *why);
void cidr_list_format(const struct cidr_list *l, struct buf *out);
bool cidr_list_has(const struct cidr_list *l, const struct in6_addr *address);
void cidr_list_deinit(struct cidr_list *l);

#endif
