/*
 * Http: sends requests to collectors and reads their replies, by libcurl.
 *
 * A client is one thread's: it holds the reply and everything else a request
 * needs.  The connection it lends from the target's pool for each request.  A
 * stop ends a request within a second.
 *
 * libcurl sends a request again by itself when a connection that had been
 * used before ends without a reply.  Not here: it may have been taken, and
 * the caller has to know of every try.  That is HTTP_E_STALE.
 */
#ifndef TAPFERRY_DELIVER_HTTP_H
#define TAPFERRY_DELIVER_HTTP_H

#include <stdbool.h>
#include <stdint.h>

#include "base/slice.h"
#include "collector/verdict.h"
#include "deliver/http_target.h"
#include "sync/stop.h"

enum { HTTP_REPLY_MAX = 64 * 1024 };

enum {
	HTTP_E_FAILED = 1, /* no whole reply; http_error() says why */
	HTTP_E_STALE, /* the connection, open from before, had ended; perhaps
			 the request was taken, perhaps not */
	HTTP_E_NO_CONNECTION, /* the pool had none: nothing was sent */
};

struct http;

/* Before the first http_new(), from any one thread at a time.
 * Return: 0 or -EIO. */
int http_init(void);

/*
 * http_new() - a client for one thread
 * @stop:    ends requests under way; lent
 * @holder:  who it is, for the pool
 *
 * Return: 0 or -ENOMEM.
 */
int http_new(
	struct http **hp, const struct stop *stop, struct pool_holder holder);
struct http *http_free(struct http *h); /* NULL */

enum { HTTP_HEADERS_MAX = 4 };

struct http_request {
	const char *url;    /* NULL: the target's */
	const char *method; /* NULL: the target's, with a body; else GET and
			       the like, without */
	struct slice body;
	bool compressed;     /* it is, as the target says */
	uint64_t timeout_ns; /* 0: as long as the target has patience */
	const char *headers[HTTP_HEADERS_MAX]; /* "Name: value" besides the
						  target's; NULL: no more */
};

/*
 * http_send() - send one request and wait for the reply
 * @reply:  on 0; its texts are lent until the next call.  Otherwise its
 *          status is 0.
 *
 * Thread: the client's owner, outside any RCU read section (blocks: for a
 * connection, and for the reply).
 * Return: 0 or HTTP_E_*; http_error() says why.
 */
int http_send(struct http *h, struct http_target *t,
	const struct http_request *rq, struct reply *reply);

/* How long the last one took, without the wait for a connection that was free;
 * 0: nothing was sent. */
uint64_t http_took_ns(const struct http *h);

/* Why the last http_send() failed, one line; no secrets. */
const char *http_error(const struct http *h);

/*
 * http_connect() - have a connection that has just been made connected, by a
 * HEAD request; for the pool
 * Return: 0 or HTTP_E_FAILED.
 */
int http_connect(struct http *h, struct http_target *t, struct http_conn *c,
	struct pool_use *use);

#endif
