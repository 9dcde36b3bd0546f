#include "net/tls_peer.h"

#include <errno.h>
#include <gnutls/x509.h>
#include <stdbool.h>
#include <string.h>
#include <strings.h>

#include "net/tls.h"

enum { NAME_CAP = 256 }; /* a DNS name has 253 octets */

/* Is it one of the words of `names`? */
static bool is_listed(const char *names, const char *name, size_t len)
{
	static const char blank[] = " ,";

	while (*(names += strspn(names, blank)) != '\0') {
		size_t n = strcspn(names, blank);

		if (n == len && strncasecmp(names, name, n) == 0)
			return true;
		names += n;
	}
	return false;
}

/* Longer names than any that is allowed are passed over. */
static bool has_listed_name(gnutls_x509_crt_t crt, const char *names)
{
	char name[NAME_CAP];
	size_t len;
	int r = 0;

	for (unsigned i = 0; r != GNUTLS_E_REQUESTED_DATA_NOT_AVAILABLE; i++) {
		len = sizeof(name);
		r = gnutls_x509_crt_get_subject_alt_name(
			crt, i, name, &len, NULL);
		if (r == GNUTLS_SAN_DNSNAME && is_listed(names, name, len))
			return true;
		if (r < 0 && r != GNUTLS_E_SHORT_MEMORY_BUFFER)
			break;
	}
	r = 0;
	for (unsigned i = 0; r != GNUTLS_E_REQUESTED_DATA_NOT_AVAILABLE; i++) {
		len = sizeof(name);
		r = gnutls_x509_crt_get_dn_by_oid(
			crt, GNUTLS_OID_X520_COMMON_NAME, i, 0, name, &len);
		if (r == 0 && is_listed(names, name, len))
			return true;
		if (r < 0 && r != GNUTLS_E_SHORT_MEMORY_BUFFER)
			break;
	}
	return false;
}

/* The client's own certificate; the caller frees it.  NULL: there is none. */
static gnutls_x509_crt_t peer_certificate(gnutls_session_t session)
{
	const gnutls_datum_t *chain;
	gnutls_x509_crt_t crt;
	unsigned n = 0;

	if (gnutls_certificate_type_get2(session, GNUTLS_CTYPE_CLIENT) !=
		GNUTLS_CRT_X509)
		return NULL;
	chain = gnutls_certificate_get_peers(session, &n);
	if (chain == NULL || n == 0 || gnutls_x509_crt_init(&crt) != 0)
		return NULL;
	if (gnutls_x509_crt_import(crt, &chain[0], GNUTLS_X509_FMT_DER) == 0)
		return crt;
	gnutls_x509_crt_deinit(crt);
	return NULL;
}

int tls_peer_judge(gnutls_session_t session,
	const struct tls_credentials *credentials, unsigned *status)
{
	gnutls_typed_vdata_st purpose = {
		.type = GNUTLS_DT_KEY_PURPOSE_OID,
		.data = (void *)GNUTLS_KP_TLS_WWW_CLIENT,
	};
	gnutls_x509_crt_t crt;
	unsigned n = 0;
	bool listed;

	if (gnutls_certificate_get_peers(session, &n) == NULL || n == 0)
		return credentials->request == GNUTLS_CERT_REQUIRE
			       ? TLS_E_NO_CERT
			       : 0;
	*status = 0;
	if (gnutls_certificate_verify_peers(session, &purpose, 1, status) !=
			0 ||
		*status != 0)
		return TLS_E_UNTRUSTED;
	if (credentials->names == NULL)
		return 0;
	crt = peer_certificate(session);
	if (crt == NULL)
		return TLS_E_NAME;
	listed = has_listed_name(crt, credentials->names);
	gnutls_x509_crt_deinit(crt);
	return listed ? 0 : TLS_E_NAME;
}

int tls_peer_subject(gnutls_session_t session, char *text, size_t cap)
{
	gnutls_x509_crt_t crt = peer_certificate(session);
	gnutls_datum_t dn = { 0 };
	size_t len = 0;

	if (crt == NULL)
		return -ENOENT;
	if (gnutls_x509_crt_get_dn3(crt, &dn, 0) == 0) {
		len = dn.size < cap ? dn.size : cap - 1;
		memcpy(text, dn.data, len);
	}
	text[len] = '\0';
	for (char *p = text; *p != '\0'; p++)
		if ((unsigned char)*p < ' ' || *p == 0x7f || *p == '"')
			*p = '?';
	gnutls_free(dn.data);
	gnutls_x509_crt_deinit(crt);
	return 0;
}
