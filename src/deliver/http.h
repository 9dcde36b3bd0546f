/*
 * Http: posts bodies to collectors and reads their replies, by libcurl.
 *
 * One client a sender: its connections stay open between requests, to several
 * hosts at once.  A stop ends a request within a second.
 */
#ifndef TAPFERRY_DELIVER_HTTP_H
#define TAPFERRY_DELIVER_HTTP_H

#include <stdbool.h>
#include <stdint.h>

#include "base/slice.h"
#include "collector/verdict.h"
#include "deliver/header_list.h"
#include "sync/stop.h"

enum { HTTP_REPLY_MAX = 64 * 1024 };

enum {
	HTTP_E_FAILED = 1, /* no whole reply; http_error() says why */
};

struct http_settings {
	bool put; /* PUT in the place of POST */
	const char *content_type;
	const struct header_list *headers; /* NULL: none; copied */
	const char *auth_scheme;
	const char *token; /* the secret itself; never logged; NULL: none */
	uint64_t connect_timeout_ns;
	uint64_t request_timeout_ns; /* the whole request */
	const char *tls_ca;          /* PEM file, NULL: the system's */
	bool tls_insecure;
	const char *proxy; /* NULL or "": none, whatever the environment says */
	unsigned connections; /* kept open between requests, at most */
};

struct http;

/* Before the first http_new(), from any one thread at a time.
 * Return: 0 or -EIO. */
int http_init(void);

/*
 * http_new() - a client for one thread
 * @stop:  ends requests under way; lent
 *
 * Return: 0, -ENOMEM, or -EINVAL for a token that no header can carry.
 */
int http_new(struct http **hp, const struct http_settings *s,
	const struct stop *stop);
struct http *http_free(struct http *h); /* NULL */

/*
 * http_post() - send one body and wait for the reply
 * @key:    Idempotency-Key, "": none
 * @reply:  on 0; its texts are lent until the next call.  Otherwise its
 *          status is 0.
 *
 * Thread: the client's owner, outside any RCU read section (blocks up to
 * request_timeout_ns).
 * Return: 0 or HTTP_E_FAILED.
 */
int http_post(struct http *h, const char *url, struct slice body, bool gzip,
	const char *key, struct reply *reply);

/* Why the last http_post() failed, one line; no secrets. */
const char *http_error(const struct http *h);

#endif
