/*
 * TLS credentials: what one TLS listener shows its peers, and asks of them.
 *
 * Loaded as a whole or not at all, constant afterwards, shared by all sessions
 * that began with them (reference counted).  Session tickets are sealed with a
 * key of these credentials' own: tickets of earlier ones, and whom those let
 * in, are not taken any more.
 */
#ifndef TAPFERRY_NET_TLS_CREDENTIALS_H
#define TAPFERRY_NET_TLS_CREDENTIALS_H

#include <gnutls/gnutls.h>
#include <stddef.h>
#include <urcu.h>
#include <urcu/ref.h>

enum tls_client_auth {
	TLS_CLIENT_AUTO = 0, /* required if there is a client_ca, else none */
	TLS_CLIENT_NONE,
	TLS_CLIENT_OPTIONAL, /* one that is shown must be good */
	TLS_CLIENT_REQUIRED,
};

#define TLS_PRIORITY_DEFAULT "NORMAL"

struct tls_settings {
	const char *cert;      /* PEM file: the certificate, then its chain */
	const char *key;       /* PEM file */
	const char *client_ca; /* PEM file, or NULL */
	const char *names;     /* of client certificates; NULL: any */
	const char *priority;  /* GnuTLS syntax, NULL: the default;
				* below TLS 1.2 there is nothing anyway */
	unsigned client_auth;  /* enum tls_client_auth */
};

struct tls_credentials {
	struct urcu_ref ref; /* atomic */
	struct rcu_head rcu; /* owner: call_rcu */
	/* the rest: const after load */
	gnutls_certificate_credentials_t x509;
	gnutls_priority_t priority;
	gnutls_datum_t ticket_key; /* secret */
	char *names;               /* owned; NULL: any */
	gnutls_certificate_request_t request;
};

/*
 * tls_credentials_load() - read and check certificate, key and authorities
 * @settings:  not needed afterwards
 * @error:     on failure: one sentence that names the file and the cure
 *
 * A certificate that does not match its key, is not valid yet or no longer,
 * and a file that cannot be read or has nothing of the kind in it are errors.
 *
 * Thread: any that may wait for the disk.
 * Return: 0 with one reference, -EINVAL or -ENOMEM.
 */
int tls_credentials_load(struct tls_credentials **cp,
	const struct tls_settings *settings, char *error, size_t cap);

void tls_credentials_put(struct tls_credentials *c);

/* tls_credentials_put() when no reader of the pointer to it is left. */
void tls_credentials_retire(struct tls_credentials *c);

#endif
