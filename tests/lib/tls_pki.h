/*
 * TLS PKI: authorities and certificates made on the spot, and a TLS client,
 * for tests of the listeners' TLS.
 */
#ifndef TESTS_LIB_TLS_PKI_H
#define TESTS_LIB_TLS_PKI_H

#include <gnutls/gnutls.h>
#include <stdbool.h>
#include <stddef.h>

enum { PKI_PATH_MAX = 128 };

/* A certificate and its key as files. */
struct pki_files {
	char cert[PKI_PATH_MAX], key[PKI_PATH_MAX];
};

struct pki {
	char dir[64];
	struct pki_files ca, other_ca;
	struct pki_files server;   /* of ca: DNS name tap.example */
	struct pki_files client;   /* of ca: CN=resolver1 */
	struct pki_files stranger; /* of other_ca: CN=resolver1 */
};

/* Makes a folder with all of them. */
void pki_init(struct pki *p);
void pki_deinit(struct pki *p);

struct pki_wish {
	const char *cn, *dns_name; /* NULL: without */
	int from_s, to_s;          /* validity, seconds from now */
	const char *purpose;       /* OID; NULL: any */
};

/* Makes one more (or another in its place); `ca` NULL: signed by itself. */
void pki_make(const struct pki *p, struct pki_files *f, const char *name,
	const struct pki_wish *wish, const struct pki_files *ca);

/* A client that trusts pki->ca. */
struct tls_client {
	gnutls_session_t session;
	gnutls_certificate_credentials_t x509;
};

/*
 * @show:      its own certificate, or NULL
 * @priority:  NULL: the default
 * @fd:        non-blocking or not, as the test likes
 */
void tls_client_init(struct tls_client *c, const struct pki *p,
	const struct pki_files *show, const char *priority, int fd);
void tls_client_deinit(struct tls_client *c);

/* Over a blocking socket. */
bool tls_client_shake(struct tls_client *c);
bool tls_client_write(
	struct tls_client *c, const void *data, size_t len, size_t step);
/* As many octets as asked for, or fewer at the end. */
size_t tls_client_read(struct tls_client *c, void *data, size_t len);

#endif
