/*
 * TLS peer: who is at the other end, by its certificate.
 */
#ifndef TAPFERRY_NET_TLS_PEER_H
#define TAPFERRY_NET_TLS_PEER_H

#include <gnutls/gnutls.h>
#include <stddef.h>

#include "net/tls_credentials.h"

/*
 * tls_peer_judge() - may a client with this certificate come in?
 * @status:  of TLS_E_UNTRUSTED: GnuTLS's verification flags
 *
 * Its chain must lead to the credentials' authorities and be meant for
 * clients, and one of its names be among the credentials' names, if there are
 * any: a DNS name (subject alternative name) or a common name, compared
 * without case; wildcards are not taken.
 *
 * Return: 0, TLS_E_NO_CERT, TLS_E_UNTRUSTED or TLS_E_NAME.
 */
int tls_peer_judge(gnutls_session_t session,
	const struct tls_credentials *credentials, unsigned *status);

/*
 * tls_peer_subject() - its distinguished name, fit for a log line in quotes
 * Return: 0, or -ENOENT when it showed no certificate.
 */
int tls_peer_subject(gnutls_session_t session, char *text, size_t cap);

#endif
