/*
 * TLS dial: what a TLS client shows its server, and asks of it.
 *
 * The listeners' side is net/tls_credentials.c; tapferry-load alone is a
 * client.
 */
#ifndef TAPFERRY_LOAD_TLS_DIAL_H
#define TAPFERRY_LOAD_TLS_DIAL_H

#include <gnutls/gnutls.h>
#include <stdbool.h>
#include <stddef.h>

#include "base/buf.h"

struct tls_dial_settings {
	const char *ca;   /* PEM file; NULL: the system's authorities */
	const char *cert; /* PEM file, or NULL: show none */
	const char *key;  /* PEM file, with cert */
	const char *name; /* the server's certificate must be for it */
	bool insecure;    /* take any certificate */
};

struct tls_dial {
	gnutls_certificate_credentials_t x509;
	const char *name; /* the settings' */
	bool insecure;
};

#define TLS_DIAL_NULL ((struct tls_dial){ 0 })

/*
 * tls_dial_init() - load the files
 * @settings:  its strings are lent until tls_dial_deinit()
 * @why:       written on failure: one sentence that names option and file
 *
 * Return: 0, -EINVAL or -ENOMEM.
 */
int tls_dial_init(struct tls_dial *d, const struct tls_dial_settings *settings,
	struct buf *why);
void tls_dial_deinit(struct tls_dial *d);

/*
 * A session over a non-blocking socket, for gnutls_handshake() and on.
 * Return: 0 or -ENOMEM.
 */
int tls_dial_session(
	const struct tls_dial *d, gnutls_session_t *session, int fd);

#endif
