/*
 * HTTP target: one backend, as an HTTP client sees it.
 *
 * Where requests go, how they prove who we are and whom they trust, and the
 * pool of open connections.  Constant but for the pool and what it learns
 * about time; texts are copied, so a target outlives the settings.
 */
#ifndef TAPFERRY_DELIVER_HTTP_TARGET_H
#define TAPFERRY_DELIVER_HTTP_TARGET_H

#include <curl/curl.h>

#include "deliver/cookie_jar.h"
#include "deliver/header_list.h"
#include "deliver/patience.h"
#include "deliver/pool.h"
#include "event/compress.h"

struct http_target_settings {
	const char *label; /* for log lines: "output=… url=…" */
	const char *url;   /* of requests that name no other */
	bool put;          /* PUT in the place of POST */
	const char *content_type;
	enum compression compression;      /* of bodies that are compressed */
	const struct header_list *headers; /* NULL: none */
	const char *auth_scheme;
	const char *token;    /* secret; NULL: none */
	const char *user;     /* basic authentication; NULL: none */
	const char *password; /* secret; NULL: none */
	const char *proxy;    /* NULL: none, whatever the environment says */
	const char *tls_ca;   /* PEM file; NULL: the system's */
	const char *tls_cert; /* PEM file; NULL: none */
	const char *tls_key;  /* PEM file; NULL: none */
	const char *tls_server_name; /* NULL: the URL's host */
	bool tls_insecure;
	bool http2;   /* over TLS, where the server has it */
	bool cookies; /* are kept and shown again */
	uint64_t connect_timeout_ns;
	uint64_t request_timeout_ns; /* 0: auto */
	uint64_t keepalive_time_ns;  /* 0: none */
	uint64_t keepalive_interval_ns;
	unsigned keepalive_count;
	struct pool_settings pool;
};

struct http_target {
	struct http_target_settings set; /* const; texts are owned */
	char *connect_to; /* const: CURLOPT_CONNECT_TO's text; NULL: none */
	struct curl_slist connect_list; /* const */
	struct curl_slist *plain;       /* const: request headers */
	struct curl_slist *compressed;  /* const: likewise */
	struct patience patience;
	struct cookie_jar cookies;
	struct pool *pool; /* const after new */
};

/* A pooled connection: libcurl's cache of it. */
struct http_conn {
	CURLSH *share;
	curl_socket_t fd; /* CURL_SOCKET_BAD: not connected */
	bool tls;
};

/* Does something wait to be read on an idle connection?  Over HTTP/2 it may,
 * and the answer is no. */
bool http_conn_speaks(const struct http_target *t, const struct http_conn *c);

/*
 * http_target_new()
 *
 * Return: 0, -ENOMEM, or -EINVAL: a text that no header can carry, or a URL
 * that is none.
 */
int http_target_new(
	struct http_target **tp, const struct http_target_settings *set);

/* Closes its idle connections; none may be in use. */
struct http_target *http_target_free(struct http_target *t); /* NULL */

/*
 * http_target_url() - what to ask libcurl for, when it is to meet
 * tls_server_name at the URL's host
 * Return: the text, to be freed with curl_free(); NULL: no memory, no URL.
 */
char *http_target_url(const struct http_target *t, const char *url);

/*
 * http_target_reason() - the words for a request that failed
 * @text:  libcurl's own, or ""
 *
 * Without the proxy's URL, which has a password in it: libcurl quotes that.
 * Return: lent: text's, or static.
 */
const char *http_target_reason(
	const struct http_target *t, CURLcode code, const char *text);

/* Everything but what differs from request to request.  Thread: curl's. */
void http_target_configure(const struct http_target *t, CURL *curl);

#endif
