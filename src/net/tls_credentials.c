#include "net/tls_credentials.h"

#include <errno.h>
#include <gnutls/x509.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "sync/rcu.h"
#include "sync/ref.h"

/* Where the sentence about a failure goes. */
struct complaint {
	char *text;
	size_t cap;
};

__attribute__((format(printf, 2, 3))) static int complain(
	struct complaint *c, const char *format, ...)
{
	va_list ap;

	va_start(ap, format);
	vsnprintf(c->text, c->cap, format, ap);
	va_end(ap);
	return -EINVAL;
}

static int complain_gnutls(
	struct complaint *c, const char *what, const char *path, int error)
{
	if (error == GNUTLS_E_MEMORY_ERROR)
		return -ENOMEM;
	return complain(c, "%s %s: %s", what, path, gnutls_strerror(error));
}

static int read_file(const char *what, const char *path, gnutls_datum_t *data,
	struct complaint *c)
{
	int r;

	errno = 0;
	r = gnutls_load_file(path, data);
	if (r == GNUTLS_E_FILE_ERROR)
		return complain(c,
			"%s %s cannot be read: %s (name another file, or let "
			"this user read it)",
			what, path, errno != 0 ? strerror(errno) : "no file");
	return r == 0 ? 0 : complain_gnutls(c, what, path, r);
}

static void wipe(gnutls_datum_t *data)
{
	if (data->data != NULL)
		gnutls_memset(data->data, 0, data->size);
	gnutls_free(data->data);
	*data = (gnutls_datum_t){ 0 };
}

/* A time of a certificate, for people. */
static const char *day(time_t t, char text[static 32])
{
	struct tm tm;

	if (gmtime_r(&t, &tm) == NULL ||
		strftime(text, 32, "%Y-%m-%d %H:%M UTC", &tm) == 0)
		text[0] = '\0';
	return text;
}

/* The first one is the listener's own; its validity is the one to look at. */
static int check_certificate(
	const char *path, const gnutls_datum_t *pem, struct complaint *c)
{
	gnutls_x509_crt_t *list = NULL;
	unsigned n = 0;
	time_t now = time(NULL);
	char text[32];
	int r = gnutls_x509_crt_list_import2(
		&list, &n, pem, GNUTLS_X509_FMT_PEM, 0);

	if (r < 0)
		return complain(c,
			"tls.cert %s has no certificate in PEM form in it: %s",
			path, gnutls_strerror(r));
	if (gnutls_x509_crt_get_expiration_time(list[0]) < now)
		r = complain(c, "tls.cert %s has expired on %s: renew it", path,
			day(gnutls_x509_crt_get_expiration_time(list[0]),
				text));
	else if (gnutls_x509_crt_get_activation_time(list[0]) > now)
		r = complain(c,
			"tls.cert %s is not valid before %s: check this "
			"machine's clock",
			path,
			day(gnutls_x509_crt_get_activation_time(list[0]),
				text));
	else
		r = 0;
	for (unsigned i = 0; i < n; i++)
		gnutls_x509_crt_deinit(list[i]);
	gnutls_free(list);
	return r;
}

static int load_key_pair(struct tls_credentials *t,
	const struct tls_settings *s, struct complaint *c)
{
	gnutls_datum_t cert = { 0 }, key = { 0 };
	int r = read_file("tls.cert", s->cert, &cert, c);

	if (r == 0)
		r = read_file("tls.key", s->key, &key, c);
	if (r == 0)
		r = check_certificate(s->cert, &cert, c);
	if (r == 0) {
		r = gnutls_certificate_set_x509_key_mem2(
			t->x509, &cert, &key, GNUTLS_X509_FMT_PEM, NULL, 0);
		if (r == GNUTLS_E_CERTIFICATE_KEY_MISMATCH)
			r = complain(c,
				"tls.key %s does not belong to tls.cert %s",
				s->key, s->cert);
		else if (r < 0)
			r = complain(c,
				"tls.key %s has no private key in PEM form, "
				"without a password, in it: %s",
				s->key, gnutls_strerror(r));
		else
			r = 0;
	}
	wipe(&key);
	wipe(&cert);
	return r;
}

static int load_client_ca(
	struct tls_credentials *t, const char *path, struct complaint *c)
{
	gnutls_datum_t pem = { 0 };
	int r = read_file("tls.client_ca", path, &pem, c);

	if (r != 0)
		return r;
	r = gnutls_certificate_set_x509_trust_mem(
		t->x509, &pem, GNUTLS_X509_FMT_PEM);
	wipe(&pem);
	if (r < 0)
		return complain_gnutls(c, "tls.client_ca", path, r);
	if (r == 0)
		return complain(c,
			"tls.client_ca %s has no certificate in PEM form in it",
			path);
	return 0;
}

/* Whatever was asked for, nothing below TLS 1.2. */
static int load_priority(
	struct tls_credentials *t, const char *asked, struct complaint *c)
{
	static const char floor[] = ":-VERS-TLS1.0:-VERS-TLS1.1:-VERS-DTLS-ALL";
	size_t cap = strlen(asked) + sizeof(floor);
	char *text = malloc(cap);
	const char *at = NULL;
	int r;

	if (text == NULL)
		return -ENOMEM;
	snprintf(text, cap, "%s%s", asked, floor);
	r = gnutls_priority_init(&t->priority, text, &at);
	if (r == GNUTLS_E_INVALID_REQUEST && at != NULL)
		r = complain(c,
			"tls.priority \"%s\" is not understood from \"%.*s\" "
			"on (gnutls-cli --list shows what there is)",
			asked, (int)strcspn(at, ":"), at);
	else if (r != 0)
		r = complain_gnutls(c, "tls.priority", asked, r);
	free(text);
	return r;
}

static gnutls_certificate_request_t request_of(const struct tls_settings *s)
{
	switch (s->client_auth) {
	case TLS_CLIENT_OPTIONAL:
		return GNUTLS_CERT_REQUEST;
	case TLS_CLIENT_REQUIRED:
		return GNUTLS_CERT_REQUIRE;
	case TLS_CLIENT_AUTO:
		return s->client_ca != NULL ? GNUTLS_CERT_REQUIRE
					    : GNUTLS_CERT_IGNORE;
	default:
		return GNUTLS_CERT_IGNORE;
	}
}

int tls_credentials_load(struct tls_credentials **cp,
	const struct tls_settings *s, char *error, size_t cap)
{
	struct complaint c = { .text = error, .cap = cap };
	struct tls_credentials *t = calloc(1, sizeof(*t));
	int r = -ENOMEM;

	complain(&c, "no memory for TLS");
	if (t == NULL)
		return -ENOMEM;
	urcu_ref_init(&t->ref);
	if (s->names != NULL)
		t->names = strdup(s->names);
	t->request = request_of(s);
	if ((s->names == NULL || t->names != NULL) &&
		gnutls_certificate_allocate_credentials(&t->x509) == 0 &&
		gnutls_session_ticket_key_generate(&t->ticket_key) == 0)
		r = load_key_pair(t, s, &c);
	if (r == 0 && t->request != GNUTLS_CERT_IGNORE)
		r = load_client_ca(t, s->client_ca, &c);
	if (r == 0)
		r = load_priority(t,
			s->priority != NULL ? s->priority
					    : TLS_PRIORITY_DEFAULT,
			&c);
	if (r != 0) {
		tls_credentials_put(t);
		return r;
	}
	*cp = t;
	return 0;
}

static void release(struct urcu_ref *ref)
{
	struct tls_credentials *t =
		caa_container_of(ref, struct tls_credentials, ref);

	ref_ended(ref);
	if (t->x509 != NULL)
		gnutls_certificate_free_credentials(t->x509);
	if (t->priority != NULL)
		gnutls_priority_deinit(t->priority);
	wipe(&t->ticket_key);
	free(t->names);
	free(t);
}

void tls_credentials_put(struct tls_credentials *t)
{
	ref_put(&t->ref, release);
}

static void put_after_grace(struct rcu_head *head)
{
	rcu_grace_passed();
	tls_credentials_put(
		caa_container_of(head, struct tls_credentials, rcu));
}

void tls_credentials_retire(struct tls_credentials *t)
{
	rcu_retire(&t->rcu, put_after_grace);
}
