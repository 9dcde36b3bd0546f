/*
 * Address: where a listener listens or a client connects.
 *
 *	unix:/run/tapferry/dnstap.sock    (a bare /path is taken for unix:)
 *	tcp://192.0.2.1:6000  tcp://[2001:db8::1]:6000
 *	tcp://[::]:6000       every address, IPv4 and IPv6
 *	tls://192.0.2.1:6001  TLS over TCP
 *
 * Numeric addresses and numeric ports only ("localhost" is 127.0.0.1): a
 * listener must not wait for a name server it serves.  Port 0 leaves the
 * choice to the kernel.
 */
#ifndef TAPFERRY_NET_ADDRESS_H
#define TAPFERRY_NET_ADDRESS_H

#include <netinet/in.h>
#include <stdbool.h>
#include <stddef.h>
#include <sys/socket.h>
#include <sys/un.h>

enum {
	ADDRESS_E_SCHEME = 1, /* neither unix: nor tcp:// nor tls:// */
	ADDRESS_E_HOST,       /* not a numeric address */
	ADDRESS_E_PORT,       /* missing, not a number, above 65535 */
	ADDRESS_E_PATH,       /* relative, empty, or too long for a socket */
};

struct address {
	union {
		struct sockaddr sa;
		struct sockaddr_storage storage;
		struct sockaddr_un un;
		struct sockaddr_in in;
		struct sockaddr_in6 in6;
	};
	socklen_t len;
	bool dual; /* [::]: IPv4 connections are taken too */
	bool tls;  /* tls:// */
};

/* Return: 0 or ADDRESS_E_*; *a is set on 0 only. */
int address_parse(struct address *a, const char *text);

/* One sentence with the cure, for an error message about ADDRESS_E_*. */
const char *address_error_text(int error);

/*
 * "unix:/path", "192.0.2.1:53", "[2001:db8::1]:53"; an IPv4 peer of a dual
 * socket reads as IPv4.  A cap of ADDRESS_TEXT_MAX is always enough.
 */
enum { ADDRESS_TEXT_MAX = 128 };
void address_format(
	const struct sockaddr *sa, socklen_t len, char *text, size_t cap);

/* Do two sockets that listen there get in each other's way? */
bool address_equal(const struct address *a, const struct address *b);

static inline bool address_is_unix(const struct address *a)
{
	return a->sa.sa_family == AF_UNIX;
}

#endif
