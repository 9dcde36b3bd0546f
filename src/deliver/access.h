/*
 * Access: how a backend is reached, how we prove who we are, whom we trust.
 *
 * An output has one, the default for its backends, and each backend its own.
 */
#ifndef TAPFERRY_DELIVER_ACCESS_H
#define TAPFERRY_DELIVER_ACCESS_H

#include <stdint.h>

#include "deliver/header_list.h"

enum access_choice { ACCESS_INHERIT = 0, ACCESS_NO, ACCESS_YES };

/* Texts: NULL: none; the secrets themselves are never logged. */
struct access_settings {
	const char *token;    /* secret */
	const char *user;     /* basic authentication */
	const char *password; /* secret */
	/* files that the configuration read the secrets from */
	const char *token_file, *password_file;
	const char *proxy;
	struct header_list headers;  /* owned by the configuration */
	const char *tls_ca;          /* PEM file; NULL: the system's */
	const char *tls_cert;        /* PEM file */
	const char *tls_key;         /* PEM file */
	const char *tls_server_name; /* NULL: the URL's host */
	/* a backend's: enum access_choice; an output's: 0 or 1 */
	unsigned tls_insecure; /* do not check certificates */
	unsigned http2;        /* where the server has it */
};

static inline bool access_proves(const struct access_settings *a)
{
	return a->token != NULL || a->user != NULL;
}

/*
 * access_merge() - what holds for a backend, as an output would say it
 *
 * What belongs together is taken together: token, user and password; a
 * certificate and its key.  All texts and headers are lent.
 */
struct access_settings access_merge(const struct access_settings *backend,
	const struct access_settings *output);

/*
 * access_print() - a fingerprint: another one, with near certainty, when
 * anything of what access_merge() returned differs
 */
uint64_t access_print(const struct access_settings *merged);

#endif
