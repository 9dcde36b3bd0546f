#include "net/cidr.h"

#include <arpa/inet.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

enum {
	MAPPED_BITS = 96,   /* ::ffff:0:0/96 */
	CIDR_TEXT_MAX = 64, /* an address, a slash and a number */
	SLASH_DIGITS_MAX = 3,
};

static int wrong(struct buf *why, const char *text, const char *problem)
{
	buf_printf(why, "\"%s\" %s", text, problem);
	return -EINVAL;
}

/* The address in front of the slash.  Return: the bits it has, 0: none. */
static unsigned parse_address(struct in6_addr *address, const char *text)
{
	struct in_addr in;

	if (inet_pton(AF_INET, text, &in) == 1) {
		memset(address, 0, sizeof(*address));
		address->s6_addr[10] = address->s6_addr[11] = 0xff;
		memcpy(&address->s6_addr[12], &in, sizeof(in));
		return 32;
	}
	return inet_pton(AF_INET6, text, address) == 1 ? 128 : 0;
}

/* Return: the number, or UINT_MAX when it is none. */
static unsigned parse_bits(const char *text)
{
	size_t len = strspn(text, "0123456789");

	if (len == 0 || len > SLASH_DIGITS_MAX || text[len] != '\0')
		return UINT32_MAX;
	return (unsigned)strtoul(text, NULL, 10);
}

/* The same without the bits behind the prefix. */
static struct in6_addr masked(const struct in6_addr *address, unsigned bits)
{
	struct in6_addr m = *address;

	for (unsigned i = 0; i < sizeof(m.s6_addr); i++) {
		unsigned left = bits > i * 8 ? bits - i * 8 : 0;

		if (left < 8)
			m.s6_addr[i] &= (uint8_t)(0xff00U >> left);
	}
	return m;
}

int cidr_parse(struct cidr *c, const char *text, struct buf *why)
{
	const char *slash = strchr(text, '/');
	size_t len = slash != NULL ? (size_t)(slash - text) : strlen(text);
	char copy[CIDR_TEXT_MAX];
	struct cidr parsed;
	unsigned has, bits;

	if (len >= sizeof(copy))
		len = 0;
	memcpy(copy, text, len);
	copy[len] = '\0';
	has = parse_address(&parsed.address, copy);
	if (has == 0)
		return wrong(why, text,
			"is not a network such as 192.0.2.0/24 or "
			"2001:db8::/32");
	bits = slash != NULL ? parse_bits(slash + 1) : has;
	if (bits > has)
		return wrong(why, text,
			has == 32 ? "needs a prefix length of 0 to 32"
				  : "needs a prefix length of 0 to 128");
	parsed.bits = (uint8_t)(bits + 128 - has);
	c->address = masked(&parsed.address, parsed.bits);
	c->bits = parsed.bits;
	if (memcmp(&c->address, &parsed.address, sizeof(c->address)) == 0)
		return 0;
	buf_printf(why, "\"%s\" has bits set behind its prefix: write ", text);
	cidr_format(c, why);
	return -EINVAL;
}

static bool is_ipv4(const struct cidr *c)
{
	return c->bits >= MAPPED_BITS && IN6_IS_ADDR_V4MAPPED(&c->address);
}

void cidr_format(const struct cidr *c, struct buf *out)
{
	char text[INET6_ADDRSTRLEN];

	if (is_ipv4(c))
		inet_ntop(AF_INET, &c->address.s6_addr[12], text, sizeof(text));
	else
		inet_ntop(AF_INET6, &c->address, text, sizeof(text));
	buf_printf(
		out, "%s/%u", text, c->bits - (is_ipv4(c) ? MAPPED_BITS : 0U));
}

bool cidr_has(const struct cidr *c, const struct in6_addr *address)
{
	struct in6_addr network;

	if (IN6_IS_ADDR_V4MAPPED(address) && c->bits < MAPPED_BITS)
		return false;
	network = masked(address, c->bits);
	return memcmp(&network, &c->address, sizeof(network)) == 0;
}

struct cidr cidr_around(
	const struct in6_addr *address, unsigned ipv4_bits, unsigned ipv6_bits)
{
	unsigned bits = IN6_IS_ADDR_V4MAPPED(address) ? MAPPED_BITS + ipv4_bits
						      : ipv6_bits;

	return (struct cidr){
		.address = masked(address, bits),
		.bits = (uint8_t)bits,
	};
}

static int list_add(struct cidr_list *l, const struct cidr *c)
{
	struct cidr *grown = realloc(l->items, (l->n + 1) * sizeof(*grown));

	if (grown == NULL)
		return -ENOMEM;
	l->items = grown;
	l->items[l->n++] = *c;
	return 0;
}

int cidr_list_parse(struct cidr_list *l, const char *text, struct buf *why)
{
	struct cidr_list parsed = CIDR_LIST_NULL;
	char *copy = strdup(text), *rest = copy, *word;
	struct cidr c;
	int r = copy == NULL ? -ENOMEM : 0;

	while (r == 0 && (word = strtok_r(rest, ", ", &rest)) != NULL) {
		r = cidr_parse(&c, word, why);
		if (r == 0)
			r = list_add(&parsed, &c);
	}
	free(copy);
	if (r == 0)
		*l = parsed;
	else
		cidr_list_deinit(&parsed);
	return r;
}

void cidr_list_format(const struct cidr_list *l, struct buf *out)
{
	for (size_t i = 0; i < l->n; i++) {
		buf_add_str(out, i == 0 ? "" : ", ");
		cidr_format(&l->items[i], out);
	}
}

bool cidr_list_has(const struct cidr_list *l, const struct in6_addr *address)
{
	for (size_t i = 0; i < l->n; i++)
		if (cidr_has(&l->items[i], address))
			return true;
	return false;
}

void cidr_list_deinit(struct cidr_list *l)
{
	free(l->items);
	*l = CIDR_LIST_NULL;
}
