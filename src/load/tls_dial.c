#include "load/tls_dial.h"

#include <arpa/inet.h>
#include <errno.h>
#include <string.h>
#include <unistd.h>

static int complain(
	struct buf *why, const char *option, const char *path, const char *text)
{
	buf_printf(why, "--%s %s: %s", option, path, text);
	return -EINVAL;
}

/* GnuTLS's own words for a file that is not there do not say so. */
static int check_readable(struct buf *why, const char *option, const char *path)
{
	if (access(path, R_OK) == 0)
		return 0;
	return complain(why, option, path, strerror(errno));
}

static int load_authorities(
	struct tls_dial *d, const char *path, struct buf *why)
{
	int r;

	if (path == NULL) {
		r = gnutls_certificate_set_x509_system_trust(d->x509);
		return r >= 0 ? 0
			      : complain(why, "tls-ca", "of the system",
					gnutls_strerror(r));
	}
	r = check_readable(why, "tls-ca", path);
	if (r != 0)
		return r;
	r = gnutls_certificate_set_x509_trust_file(
		d->x509, path, GNUTLS_X509_FMT_PEM);
	if (r < 0)
		return complain(why, "tls-ca", path, gnutls_strerror(r));
	return r > 0 ? 0
		     : complain(why, "tls-ca", path,
			       "there is no certificate in PEM form in it");
}

static int load_pair(
	struct tls_dial *d, const char *cert, const char *key, struct buf *why)
{
	int r = check_readable(why, "tls-cert", cert);

	if (r == 0)
		r = check_readable(why, "tls-key", key);
	if (r != 0)
		return r;
	r = gnutls_certificate_set_x509_key_file2(
		d->x509, cert, key, GNUTLS_X509_FMT_PEM, NULL, 0);
	if (r == GNUTLS_E_CERTIFICATE_KEY_MISMATCH)
		return complain(why, "tls-key", key,
			"it does not belong to --tls-cert");
	return r >= 0 ? 0 : complain(why, "tls-cert", cert, gnutls_strerror(r));
}

int tls_dial_init(
	struct tls_dial *d, const struct tls_dial_settings *s, struct buf *why)
{
	int r;

	*d = (struct tls_dial){ .name = s->name, .insecure = s->insecure };
	if (gnutls_certificate_allocate_credentials(&d->x509) != 0)
		return -ENOMEM;
	r = s->insecure ? 0 : load_authorities(d, s->ca, why);
	if (r == 0 && s->cert != NULL)
		r = load_pair(d, s->cert, s->key, why);
	if (r != 0)
		tls_dial_deinit(d);
	return r;
}

void tls_dial_deinit(struct tls_dial *d)
{
	if (d->x509 != NULL)
		gnutls_certificate_free_credentials(d->x509);
	*d = TLS_DIAL_NULL;
}

/* RFC 6066: the server name is a DNS name, never an address. */
static bool is_address(const char *name)
{
	struct in6_addr a;

	return inet_pton(AF_INET, name, &a) == 1 ||
	       inet_pton(AF_INET6, name, &a) == 1;
}

int tls_dial_session(
	const struct tls_dial *d, gnutls_session_t *session, int fd)
{
	gnutls_session_t s;

	if (gnutls_init(&s,
		    GNUTLS_CLIENT | GNUTLS_NONBLOCK | GNUTLS_NO_SIGNAL) != 0)
		return -ENOMEM;
	if (gnutls_set_default_priority(s) != 0 ||
		gnutls_credentials_set(s, GNUTLS_CRD_CERTIFICATE, d->x509) !=
			0 ||
		(!is_address(d->name) &&
			gnutls_server_name_set(s, GNUTLS_NAME_DNS, d->name,
				strlen(d->name)) != 0)) {
		gnutls_deinit(s);
		return -ENOMEM;
	}
	if (!d->insecure)
		gnutls_session_set_verify_cert(s, d->name, 0);
	gnutls_handshake_set_timeout(s, 0); /* the caller keeps the time */
	gnutls_transport_set_int(s, fd);
	*session = s;
	return 0;
}
