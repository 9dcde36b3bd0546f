#include "monitor/guard.h"

#include <arpa/inet.h>
#include <gnutls/crypto.h>
#include <gnutls/gnutls.h>
#include <string.h>
#include <strings.h>

enum {
	HEADER_MAX = 8192,
	DIGEST = 32, /* octets of SHA-256 */
};

/* Digests are compared: they are of one length, and tell nothing. */
static bool same(const void *a, size_t a_len, const char *b)
{
	uint8_t x[DIGEST], y[DIGEST];

	return gnutls_hash_fast(GNUTLS_DIG_SHA256, a, a_len, x) == 0 &&
	       gnutls_hash_fast(GNUTLS_DIG_SHA256, b, strlen(b), y) == 0 &&
	       gnutls_memcmp(x, y, DIGEST) == 0;
}

/* What follows the scheme, or NULL when it is another one. */
static const char *after(const char *header, const char *scheme)
{
	size_t n = strlen(scheme);

	if (strncasecmp(header, scheme, n) != 0 || header[n] != ' ')
		return NULL;
	return header + n + strspn(header + n, " ");
}

/* RFC 7617: user and password, with a colon between them, in base64. */
static bool admits_basic(const struct guard *g, const char *text)
{
	gnutls_datum_t encoded = {
		.data = (unsigned char *)text,
		.size = (unsigned)strlen(text),
	};
	gnutls_datum_t plain = { 0 };
	const char *colon;
	size_t user_len, left;
	bool ok;

	if (gnutls_base64_decode2(&encoded, &plain) != 0)
		return false;
	colon = memchr(plain.data, ':', plain.size);
	if (colon == NULL) {
		gnutls_free(plain.data);
		return false;
	}
	user_len = (size_t)(colon - (const char *)plain.data);
	left = plain.size - user_len - 1;
	if (g->user != NULL)
		/* both are looked at: a wrong name takes as long */
		ok = (int)same(plain.data, user_len, g->user) &
		     (int)same(colon + 1, left, g->password);
	else
		ok = same(colon + 1, left, g->token);
	gnutls_memset(plain.data, 0, plain.size);
	gnutls_free(plain.data);
	return ok;
}

bool guard_admits(const struct guard *g, const char *authorization)
{
	const char *text;

	if (guard_is_open(g))
		return true;
	if (authorization == NULL || strlen(authorization) > HEADER_MAX)
		return false;
	text = after(authorization, "Bearer");
	if (text != NULL)
		return g->token != NULL && same(text, strlen(text), g->token);
	text = after(authorization, "Basic");
	return text != NULL && admits_basic(g, text);
}

bool guard_is_loopback(const struct address *a)
{
	if (a->sa.sa_family == AF_INET)
		return ntohl(a->in.sin_addr.s_addr) >> 24 == 127;
	if (a->sa.sa_family != AF_INET6)
		return false;
	if (IN6_IS_ADDR_V4MAPPED(&a->in6.sin6_addr))
		return a->in6.sin6_addr.s6_addr[12] == 127;
	return IN6_IS_ADDR_LOOPBACK(&a->in6.sin6_addr);
}
