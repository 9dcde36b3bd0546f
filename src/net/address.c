#include "net/address.h"

#include <arpa/inet.h>
#include <netdb.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { HOST_MAX = 64 }; /* an IPv6 address with its zone */

static int parse_unix(struct address *a, const char *path)
{
	size_t len = strlen(path);

	if (path[0] != '/' || len >= sizeof(a->un.sun_path))
		return ADDRESS_E_PATH;
	a->un.sun_family = AF_UNIX;
	memcpy(a->un.sun_path, path, len + 1);
	a->len = (socklen_t)(offsetof(struct sockaddr_un, sun_path) + len + 1);
	return 0;
}

static int parse_port(const char *text, uint16_t *port)
{
	unsigned n = 0;

	if (*text == '\0')
		return ADDRESS_E_PORT;
	for (; *text != '\0'; text++) {
		if (*text < '0' || *text > '9')
			return ADDRESS_E_PORT;
		n = n * 10 + (unsigned)(*text - '0');
		if (n > UINT16_MAX)
			return ADDRESS_E_PORT;
	}
	*port = htons((uint16_t)n);
	return 0;
}

/* With its zone, if it has one: [fe80::1%eth0]. */
static int parse_ipv6(struct address *a, const char *host)
{
	const struct addrinfo hints = {
		.ai_flags = AI_NUMERICHOST,
		.ai_family = AF_INET6,
		.ai_socktype = SOCK_STREAM,
	};
	struct addrinfo *found;

	if (getaddrinfo(host, NULL, &hints, &found) != 0)
		return ADDRESS_E_HOST;
	memcpy(&a->in6, found->ai_addr, sizeof(a->in6));
	freeaddrinfo(found);
	a->len = sizeof(a->in6);
	a->dual = IN6_IS_ADDR_UNSPECIFIED(&a->in6.sin6_addr);
	return 0;
}

static int parse_ipv4(struct address *a, const char *host)
{
	if (strcmp(host, "localhost") == 0)
		host = "127.0.0.1";
	if (inet_pton(AF_INET, host, &a->in.sin_addr) != 1)
		return ADDRESS_E_HOST;
	a->in.sin_family = AF_INET;
	a->len = sizeof(a->in);
	return 0;
}

static int parse_tcp(struct address *a, const char *text)
{
	bool bracket = text[0] == '[';
	const char *host = text + bracket;
	const char *end = bracket ? strchr(host, ']') : strrchr(host, ':');
	char copy[HOST_MAX];
	uint16_t port;
	int r;

	if (end == NULL)
		return bracket ? ADDRESS_E_HOST : ADDRESS_E_PORT;
	if ((size_t)(end - host) >= sizeof(copy))
		return ADDRESS_E_HOST;
	memcpy(copy, host, (size_t)(end - host));
	copy[end - host] = '\0';
	r = bracket ? parse_ipv6(a, copy) : parse_ipv4(a, copy);
	if (r != 0)
		return r;
	if (bracket && *++end != ':')
		return ADDRESS_E_PORT;
	r = parse_port(end + 1, &port);
	if (r != 0)
		return r;
	if (bracket)
		a->in6.sin6_port = port;
	else
		a->in.sin_port = port;
	return 0;
}

int address_parse(struct address *a, const char *text)
{
	struct address parsed = { 0 };
	int r = ADDRESS_E_SCHEME;

	if (text[0] == '/')
		r = parse_unix(&parsed, text);
	else if (strncmp(text, "unix:", 5) == 0)
		r = parse_unix(&parsed, text + 5);
	else if (strncmp(text, "tcp://", 6) == 0)
		r = parse_tcp(&parsed, text + 6);
	else if (strncmp(text, "tls://", 6) == 0)
		r = parse_tcp(&parsed, text + 6);
	parsed.tls = strncmp(text, "tls:", 4) == 0;
	if (r == 0)
		*a = parsed;
	return r;
}

const char *address_error_text(int error)
{
	switch (error) {
	case ADDRESS_E_SCHEME:
		return "an address is unix:/path, tcp://host:port, "
		       "tcp://[ipv6]:port, or either with tls://";
	case ADDRESS_E_HOST:
		return "the host must be a numeric IPv4 address, an IPv6 "
		       "address in brackets, or localhost";
	case ADDRESS_E_PORT:
		return "the address must end in a port number from 0 to 65535";
	case ADDRESS_E_PATH:
		return "a socket path must start with / and have at most 107 "
		       "characters";
	default:
		return "not an address";
	}
}

void address_format(
	const struct sockaddr *sa, socklen_t len, char *text, size_t cap)
{
	char host[INET6_ADDRSTRLEN];
	struct address a = { 0 };

	if (len > sizeof(a.storage))
		len = sizeof(a.storage);
	memcpy(&a.storage, sa, len);
	switch (a.sa.sa_family) {
	case AF_UNIX:
		/* a connecting client's socket has no name */
		snprintf(text, cap, "unix:%.*s", (int)sizeof(a.un.sun_path),
			a.un.sun_path);
		break;
	case AF_INET:
		inet_ntop(AF_INET, &a.in.sin_addr, host, sizeof(host));
		snprintf(text, cap, "%s:%u", host, ntohs(a.in.sin_port));
		break;
	case AF_INET6:
		if (IN6_IS_ADDR_V4MAPPED(&a.in6.sin6_addr)) {
			inet_ntop(AF_INET, &a.in6.sin6_addr.s6_addr[12], host,
				sizeof(host));
			snprintf(text, cap, "%s:%u", host,
				ntohs(a.in6.sin6_port));
			break;
		}
		inet_ntop(AF_INET6, &a.in6.sin6_addr, host, sizeof(host));
		snprintf(text, cap, "[%s]:%u", host, ntohs(a.in6.sin6_port));
		break;
	default:
		snprintf(text, cap, "unknown");
	}
}

bool address_equal(const struct address *a, const struct address *b)
{
	if (a->sa.sa_family != b->sa.sa_family)
		return false;
	switch (a->sa.sa_family) {
	case AF_UNIX:
		return strncmp(a->un.sun_path, b->un.sun_path,
			       sizeof(a->un.sun_path)) == 0;
	case AF_INET:
		return a->in.sin_port == b->in.sin_port &&
		       a->in.sin_addr.s_addr == b->in.sin_addr.s_addr;
	case AF_INET6:
		return a->in6.sin6_port == b->in6.sin6_port &&
		       memcmp(&a->in6.sin6_addr, &b->in6.sin6_addr,
			       sizeof(a->in6.sin6_addr)) == 0;
	default:
		return false;
	}
}
