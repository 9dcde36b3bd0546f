#include "lib/tls_pki.h"

#include <errno.h>
#include <gnutls/x509.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#define must(x)                                                                \
	do {                                                                   \
		int r_ = (x);                                                  \
		if (r_ < 0) {                                                  \
			fprintf(stderr, "%s:%d: %s: %s\n", __FILE__, __LINE__, \
				#x, gnutls_strerror(r_));                      \
			abort();                                               \
		}                                                              \
	} while (0)

/* Replaces the file, as a renewal does: under another inode. */
static void write_file(const char *path, const gnutls_datum_t *data)
{
	char tmp[PKI_PATH_MAX + 8];
	FILE *f;

	snprintf(tmp, sizeof(tmp), "%s.new", path);
	f = fopen(tmp, "w");
	if (f == NULL || fwrite(data->data, 1, data->size, f) != data->size ||
		fclose(f) != 0 || chmod(tmp, 0600) != 0 ||
		rename(tmp, path) != 0) {
		perror(path);
		abort();
	}
}

static void read_pair(const struct pki_files *f, gnutls_x509_crt_t *crt,
	gnutls_x509_privkey_t *key)
{
	gnutls_datum_t pem;

	must(gnutls_x509_crt_init(crt));
	must(gnutls_x509_privkey_init(key));
	must(gnutls_load_file(f->cert, &pem));
	must(gnutls_x509_crt_import(*crt, &pem, GNUTLS_X509_FMT_PEM));
	gnutls_free(pem.data);
	must(gnutls_load_file(f->key, &pem));
	must(gnutls_x509_privkey_import(*key, &pem, GNUTLS_X509_FMT_PEM));
	gnutls_free(pem.data);
}

void pki_make(const struct pki *p, struct pki_files *f, const char *name,
	const struct pki_wish *wish, const struct pki_files *ca)
{
	static unsigned char serial[8];
	gnutls_x509_crt_t crt, ca_crt;
	gnutls_x509_privkey_t key, ca_key;
	gnutls_datum_t pem;
	time_t now = time(NULL);

	must(gnutls_x509_crt_init(&crt));
	must(gnutls_x509_privkey_init(&key));
	must(gnutls_x509_privkey_generate(key, GNUTLS_PK_ECDSA,
		GNUTLS_CURVE_TO_BITS(GNUTLS_ECC_CURVE_SECP256R1), 0));
	must(gnutls_x509_crt_set_version(crt, 3));
	serial[7]++;
	must(gnutls_x509_crt_set_serial(crt, serial, sizeof(serial)));
	must(gnutls_x509_crt_set_activation_time(crt, now + wish->from_s));
	must(gnutls_x509_crt_set_expiration_time(crt, now + wish->to_s));
	must(gnutls_x509_crt_set_key(crt, key));
	must(gnutls_x509_crt_set_basic_constraints(crt, ca == NULL, -1));
	if (wish->cn != NULL)
		must(gnutls_x509_crt_set_dn_by_oid(crt,
			GNUTLS_OID_X520_COMMON_NAME, 0, wish->cn,
			(unsigned)strlen(wish->cn)));
	if (wish->dns_name != NULL)
		must(gnutls_x509_crt_set_subject_alt_name(crt,
			GNUTLS_SAN_DNSNAME, wish->dns_name,
			(unsigned)strlen(wish->dns_name), GNUTLS_FSAN_SET));
	if (wish->purpose != NULL)
		must(gnutls_x509_crt_set_key_purpose_oid(
			crt, wish->purpose, 0));
	if (ca == NULL) {
		must(gnutls_x509_crt_set_key_usage(
			crt, GNUTLS_KEY_KEY_CERT_SIGN));
		must(gnutls_x509_crt_sign2(
			crt, crt, key, GNUTLS_DIG_SHA256, 0));
	} else {
		read_pair(ca, &ca_crt, &ca_key);
		must(gnutls_x509_crt_sign2(
			crt, ca_crt, ca_key, GNUTLS_DIG_SHA256, 0));
		gnutls_x509_crt_deinit(ca_crt);
		gnutls_x509_privkey_deinit(ca_key);
	}
	snprintf(f->cert, sizeof(f->cert), "%s/%s.pem", p->dir, name);
	snprintf(f->key, sizeof(f->key), "%s/%s.key", p->dir, name);
	must(gnutls_x509_crt_export2(crt, GNUTLS_X509_FMT_PEM, &pem));
	write_file(f->cert, &pem);
	gnutls_free(pem.data);
	must(gnutls_x509_privkey_export2(key, GNUTLS_X509_FMT_PEM, &pem));
	write_file(f->key, &pem);
	gnutls_free(pem.data);
	gnutls_x509_crt_deinit(crt);
	gnutls_x509_privkey_deinit(key);
}

void pki_init(struct pki *p)
{
	struct pki_wish ca = { .cn = "ca", .from_s = -60, .to_s = 3600 };
	struct pki_wish server = ca, client = ca;

	snprintf(p->dir, sizeof(p->dir), "/tmp/tapferry-pki-XXXXXX");
	if (mkdtemp(p->dir) == NULL) {
		perror(p->dir);
		abort();
	}
	server.cn = server.dns_name = "tap.example";
	client.cn = "resolver1";
	pki_make(p, &p->ca, "ca", &ca, NULL);
	ca.cn = "other ca";
	pki_make(p, &p->other_ca, "other_ca", &ca, NULL);
	pki_make(p, &p->server, "server", &server, &p->ca);
	pki_make(p, &p->client, "client", &client, &p->ca);
	pki_make(p, &p->stranger, "stranger", &client, &p->other_ca);
}

void pki_deinit(struct pki *p)
{
	char command[sizeof(p->dir) + 16];

	snprintf(command, sizeof(command), "rm -rf %s", p->dir);
	if (system(command) != 0)
		fprintf(stderr, "cannot remove %s\n", p->dir);
}

void tls_client_init(struct tls_client *c, const struct pki *p,
	const struct pki_files *show, const char *priority, int fd)
{
	must(gnutls_certificate_allocate_credentials(&c->x509));
	must(gnutls_certificate_set_x509_trust_file(
		c->x509, p->ca.cert, GNUTLS_X509_FMT_PEM));
	if (show != NULL)
		must(gnutls_certificate_set_x509_key_file(
			c->x509, show->cert, show->key, GNUTLS_X509_FMT_PEM));
	must(gnutls_init(&c->session,
		GNUTLS_CLIENT | GNUTLS_NO_SIGNAL | GNUTLS_FORCE_CLIENT_CERT));
	if (priority != NULL)
		must(gnutls_priority_set_direct(c->session, priority, NULL));
	else
		must(gnutls_set_default_priority(c->session));
	must(gnutls_credentials_set(
		c->session, GNUTLS_CRD_CERTIFICATE, c->x509));
	gnutls_session_set_verify_cert(c->session, "tap.example", 0);
	gnutls_transport_set_int(c->session, fd);
}

void tls_client_deinit(struct tls_client *c)
{
	gnutls_deinit(c->session);
	gnutls_certificate_free_credentials(c->x509);
}

bool tls_client_shake(struct tls_client *c)
{
	int r;

	do
		r = gnutls_handshake(c->session);
	while (r < 0 && !gnutls_error_is_fatal(r));
	return r == 0;
}

bool tls_client_write(
	struct tls_client *c, const void *data, size_t len, size_t step)
{
	const char *p = data;

	while (len > 0) {
		ssize_t n = gnutls_record_send(
			c->session, p, step != 0 && step < len ? step : len);

		if (n < 0)
			return false;
		p += n;
		len -= (size_t)n;
	}
	return true;
}

size_t tls_client_read(struct tls_client *c, void *data, size_t len)
{
	size_t have = 0;

	while (have < len) {
		ssize_t n = gnutls_record_recv(
			c->session, (char *)data + have, len - have);

		if (n == GNUTLS_E_AGAIN || n == GNUTLS_E_INTERRUPTED)
			continue;
		if (n <= 0)
			break;
		have += (size_t)n;
	}
	return have;
}
