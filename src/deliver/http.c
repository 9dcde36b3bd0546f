#include "deliver/http.h"

#include <assert.h>
#include <curl/curl.h>
#include <errno.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/clock.h"
#include "deliver/reply_body.h"

enum {
	HTTP_MAGIC = 0x68747470,
	RETRY_AFTER_MAX = 64, /* a date has 29 */
};

struct http {
	unsigned magic;
	CURL *curl;
	const struct stop *stop;
	struct pool_holder holder;
	unsigned tries; /* of this request, by libcurl */
	uint64_t took_ns;
	bool replied;                      /* something of a reply came */
	bool cookies;                      /* and it set some */
	struct reply_body body;            /* in octets */
	char retry_after[RETRY_AFTER_MAX]; /* "": none */
	char error[CURL_ERROR_SIZE];
	uint8_t octets[HTTP_REPLY_MAX];
};

static CURLcode global_result;

static void global_init(void)
{
	global_result = curl_global_init(CURL_GLOBAL_DEFAULT);
}

int http_init(void)
{
	static pthread_once_t once = PTHREAD_ONCE_INIT;

	pthread_once(&once, global_init);
	return global_result == CURLE_OK ? 0 : -EIO;
}

/* Is it that header's line? */
static bool is_header(const char *data, size_t len, const char *name)
{
	size_t n = strlen(name);

	return len > n && strncasecmp(data, name, n) == 0;
}

static size_t on_header(char *data, size_t size, size_t n, void *arg)
{
	static const char name[] = "Retry-After:";
	struct http *h = arg;
	size_t len = size * n, skip = sizeof(name) - 1;

	assert(h->magic == HTTP_MAGIC);
	h->replied = true;
	if (len >= 5 && strncasecmp(data, "HTTP/", 5) == 0) {
		h->retry_after[0] = '\0'; /* that was an interim reply's */
		return len;
	}
	if (is_header(data, len, "Set-Cookie:"))
		h->cookies = true;
	if (!is_header(data, len, name))
		return len;
	while (len > skip && (data[len - 1] == '\r' || data[len - 1] == '\n'))
		len--;
	if (len - skip < sizeof(h->retry_after))
		snprintf(h->retry_after, sizeof(h->retry_after), "%.*s",
			(int)(len - skip), data + skip);
	return size * n;
}

static int on_progress(void *arg, curl_off_t dl_total, curl_off_t dl_now,
	curl_off_t ul_total, curl_off_t ul_now)
{
	struct http *h = arg;

	(void)dl_total;
	(void)dl_now;
	(void)ul_total;
	(void)ul_now;
	assert(h->magic == HTTP_MAGIC);
	return stop_is_over(h->stop);
}

/* A connection is there, the request is next. */
static int on_request(
	void *arg, char *to, char *from, int to_port, int from_port)
{
	struct http *h = arg;

	(void)to;
	(void)from;
	(void)to_port;
	(void)from_port;
	assert(h->magic == HTTP_MAGIC);
	return h->tries++ == 0 ? CURL_PREREQFUNC_OK : CURL_PREREQFUNC_ABORT;
}

static long ms(uint64_t ns)
{
	uint64_t value = (ns + NS_PER_MS - 1) / NS_PER_MS;

	return value < INT32_MAX ? (long)value : INT32_MAX;
}

int http_new(
	struct http **hp, const struct stop *stop, struct pool_holder holder)
{
	struct http *h = calloc(1, sizeof(*h));

	if (h == NULL)
		return -ENOMEM;
	h->magic = HTTP_MAGIC;
	h->stop = stop;
	h->holder = holder;
	h->curl = curl_easy_init();
	if (h->curl == NULL) {
		http_free(h);
		return -ENOMEM;
	}
	*hp = h;
	return 0;
}

struct http *http_free(struct http *h)
{
	if (h == NULL)
		return NULL;
	curl_easy_cleanup(h->curl);
	free(h);
	return NULL;
}

/* What this client gives to every request. */
static void configure(struct http *h, const struct http_target *t)
{
	CURL *c = h->curl;

	/* keeps names and TLS sessions it has learnt */
	/* libcurl 7.88 forgets this list in a reset, and does not free it */
	curl_easy_setopt(c, CURLOPT_COOKIEFILE, NULL);
	curl_easy_reset(c);
	http_target_configure(t, c);
	curl_easy_setopt(c, CURLOPT_ERRORBUFFER, h->error);
	curl_easy_setopt(c, CURLOPT_WRITEFUNCTION, reply_body_write);
	curl_easy_setopt(c, CURLOPT_WRITEDATA, &h->body);
	curl_easy_setopt(c, CURLOPT_HEADERFUNCTION, on_header);
	curl_easy_setopt(c, CURLOPT_HEADERDATA, h);
	curl_easy_setopt(c, CURLOPT_NOPROGRESS, 0L);
	curl_easy_setopt(c, CURLOPT_XFERINFOFUNCTION, on_progress);
	curl_easy_setopt(c, CURLOPT_XFERINFODATA, h);
	curl_easy_setopt(c, CURLOPT_PREREQFUNCTION, on_request);
	curl_easy_setopt(c, CURLOPT_PREREQDATA, h);
	curl_easy_setopt(
		c, CURLOPT_CONNECTTIMEOUT_MS, ms(t->set.connect_timeout_ns));
	h->tries = 0;
	h->replied = false;
	h->cookies = false;
	reply_body_init(&h->body, h->octets, sizeof(h->octets));
	h->retry_after[0] = '\0';
	h->error[0] = '\0';
}

static void set_url(
	struct http *h, const struct http_target *t, const char *url)
{
	char *named = NULL;

	if (url == NULL)
		url = t->set.url;
	if (t->connect_to != NULL)
		named = http_target_url(t, url);
	curl_easy_setopt(h->curl, CURLOPT_URL, named != NULL ? named : url);
	curl_free(named);
}

/* The request's method, body and headers.  Return: what the list begins
 * with; `more` must last as long as the request. */
static void set_request(struct http *h, const struct http_target *t,
	const struct http_request *rq, struct curl_slist more[HTTP_HEADERS_MAX])
{
	struct curl_slist *list = rq->compressed ? t->compressed : t->plain;
	CURL *c = h->curl;

	for (unsigned i = 0; i < HTTP_HEADERS_MAX && rq->headers[i] != NULL;
		i++) {
		more[i] = (struct curl_slist){ (char *)rq->headers[i], list };
		list = &more[i];
	}
	curl_easy_setopt(c, CURLOPT_HTTPHEADER, list);
	if (rq->method == NULL) {
		curl_easy_setopt(
			c, CURLOPT_POSTFIELDS, rq->body.data); /* not copied */
		curl_easy_setopt(c, CURLOPT_POSTFIELDSIZE_LARGE,
			(curl_off_t)rq->body.len);
		return;
	}
	curl_easy_setopt(c, CURLOPT_CUSTOMREQUEST, NULL);
	curl_easy_setopt(c, CURLOPT_HTTPGET, 1L);
	if (strcmp(rq->method, "HEAD") == 0)
		curl_easy_setopt(c, CURLOPT_NOBODY, 1L);
	else
		curl_easy_setopt(c, CURLOPT_CUSTOMREQUEST, rq->method);
}

/* What became of the connection. */
static void look_at_connection(
	struct http *h, struct http_conn *conn, bool done, struct pool_use *use)
{
	CURL *c = h->curl;
	curl_off_t connect_us = 0, app_us = 0;
	long connects = 0;

	curl_easy_getinfo(c, CURLINFO_NUM_CONNECTS, &connects);
	curl_easy_getinfo(c, CURLINFO_CONNECT_TIME_T, &connect_us);
	curl_easy_getinfo(c, CURLINFO_APPCONNECT_TIME_T, &app_us);
	conn->fd = CURL_SOCKET_BAD;
	curl_easy_getinfo(c, CURLINFO_ACTIVESOCKET, &conn->fd);
	/* the name lookup is in it: until then nothing can be sent */
	use->connect_ns =
		(uint64_t)(app_us > connect_us ? app_us : connect_us) *
		NS_PER_US;
	use->closed = conn->fd == CURL_SOCKET_BAD;
	use->by_peer = done;
	/* one that could not be made has not been there */
	use->connects =
		connects > 0 && use->connect_ns > 0 ? (unsigned)connects : 0;
}

static int fail(struct http *h, const struct http_target *t, CURLcode code,
	const struct pool_use *use)
{
	bool ended = code == CURLE_SEND_ERROR || code == CURLE_RECV_ERROR ||
		     code == CURLE_GOT_NOTHING;
	const char *reason;

	if (h->tries > 1 || (ended && use->connects == 0 && !h->replied)) {
		snprintf(h->error, sizeof(h->error),
			"the connection, open from before, ended without a "
			"reply");
		return HTTP_E_STALE;
	}
	reason = http_target_reason(t, code, h->error);
	if (reason != h->error)
		snprintf(h->error, sizeof(h->error), "%s", reason);
	return HTTP_E_FAILED;
}

/* One request on that connection. */
static int perform(struct http *h, struct http_target *t,
	struct http_conn *conn, const struct http_request *rq,
	struct pool_use *use)
{
	uint64_t timeout = rq->timeout_ns != 0 ? rq->timeout_ns
					       : patience_ns(&t->patience);
	uint64_t begun = clock_mono_ns(&clock_system), now;
	struct curl_slist more[HTTP_HEADERS_MAX];
	CURLcode code;

	configure(h, t);
	set_url(h, t, rq->url);
	set_request(h, t, rq, more);
	curl_easy_setopt(h->curl, CURLOPT_TIMEOUT_MS, ms(timeout));
	curl_easy_setopt(h->curl, CURLOPT_SHARE, conn->share);
	if (t->set.cookies)
		cookie_jar_show(&t->cookies, h->curl);
	code = curl_easy_perform(h->curl);
	/* what was kept says what it is; nobody waits for the rest */
	if (code == CURLE_WRITE_ERROR && reply_body_is_endless(&h->body))
		code = CURLE_OK;
	look_at_connection(h, conn, code == CURLE_OK, use);
	curl_easy_setopt(h->curl, CURLOPT_SHARE, NULL);
	if (t->set.cookies && h->cookies)
		cookie_jar_keep(&t->cookies, h->curl);
	now = clock_mono_ns(&clock_system);
	h->took_ns = now - begun;
	if (rq->timeout_ns == 0 && code == CURLE_OK)
		patience_add(&t->patience, now - begun, now);
	if (rq->timeout_ns == 0 && code == CURLE_OPERATION_TIMEDOUT)
		patience_add(&t->patience, 2 * (now - begun), now);
	return code == CURLE_OK ? 0 : fail(h, t, code, use);
}

int http_connect(struct http *h, struct http_target *t, struct http_conn *c,
	struct pool_use *use)
{
	const struct http_request head = { .method = "HEAD",
		.timeout_ns = t->set.connect_timeout_ns };
	int r = perform(h, t, c, &head, use);

	return r == 0 && !use->closed ? 0 : HTTP_E_FAILED;
}

/*
 * A connection on which nothing waits to be read.  A reply that nobody asked
 * for would be taken for the answer to the next request.
 */
static int lease_quiet(
	struct http *h, struct http_target *t, struct pool_lease *lease)
{
	const struct pool_use spoke = { .closed = true, .by_peer = true };
	int r;

	while ((r = pool_lease(t->pool, h->holder, h->stop, lease)) == 0 &&
		http_conn_speaks(t, lease->conn))
		pool_release(t->pool, lease, &spoke);
	return r;
}

int http_send(struct http *h, struct http_target *t,
	const struct http_request *rq, struct reply *reply)
{
	struct pool_use use = { 0 };
	struct pool_lease lease;
	char *type = NULL;
	int r;

	*reply = (struct reply){ 0 };
	h->took_ns = 0;
	r = lease_quiet(h, t, &lease);
	if (r != 0) {
		snprintf(h->error, sizeof(h->error), "%s",
			r == POOL_E_EXHAUSTED
				? "pool.max_active connections are in use"
			: r == POOL_E_STOPPED ? "the output stops"
					      : "no memory for a connection");
		return HTTP_E_NO_CONNECTION;
	}
	r = perform(h, t, lease.conn, rq, &use);
	pool_release(t->pool, &lease, &use);
	if (r != 0)
		return r;
	curl_easy_getinfo(h->curl, CURLINFO_RESPONSE_CODE, &reply->status);
	curl_easy_getinfo(h->curl, CURLINFO_CONTENT_TYPE, &type);
	reply->body = reply_body_slice(&h->body);
	reply->content_type = type;
	reply->retry_after = h->retry_after[0] != '\0' ? h->retry_after : NULL;
	reply->real_ns = clock_real_ns(&clock_system);
	return 0;
}

uint64_t http_took_ns(const struct http *h)
{
	return h->took_ns;
}

const char *http_error(const struct http *h)
{
	return h->error;
}
