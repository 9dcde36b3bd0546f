#include "lib/fake_collector.h"

#include <check.h>
#include <jansson.h>
#include <libdeflate.h>
#include <netinet/in.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>
#include <unistd.h>
#ifdef HAVE_ZSTD
#include <zstd.h>
#endif

enum { REQUEST_MAX = 4 << 20, FAKE_TEXT_MAX = 16384 };

struct connection {
	struct fake_collector *c;
	int fd;
	char *in; /* REQUEST_MAX + 1 octets */
	size_t len;
};

/* Return: false at the peer's or the test's end. */
static bool wait_readable(struct fake_collector *c, int fd)
{
	struct pollfd p[] = {
		{ .fd = fd, .events = POLLIN },
		{ .fd = c->ending[0], .events = POLLIN },
	};

	while (poll(p, 2, -1) < 0)
		;
	return p[1].revents == 0;
}

static bool read_more(struct connection *k)
{
	ssize_t n;

	if (!wait_readable(k->c, k->fd))
		return false;
	n = read(k->fd, k->in + k->len, REQUEST_MAX - k->len);
	if (n <= 0)
		return false;
	k->len += (size_t)n;
	k->in[k->len] = '\0';
	return true;
}

/* The body of one whole request; consumed with drop_request(). */
static char *read_request(struct connection *k, size_t *body_len)
{
	char *end, *length;

	while ((end = strstr(k->in, "\r\n\r\n")) == NULL)
		if (!read_more(k))
			return NULL;
	end += 4;
	length = strcasestr(k->in, "\r\nContent-Length:");
	*body_len = length != NULL ? strtoul(length + 17, NULL, 10) : 0;
	while (k->len < (size_t)(end - k->in) + *body_len)
		if (!read_more(k))
			return NULL;
	return end;
}

static void drop_request(struct connection *k, const char *after)
{
	k->len -= (size_t)(after - k->in);
	memmove(k->in, after, k->len);
	k->in[k->len] = '\0';
}

/* A header's value; "" when there is none, or it is too long. */
static void read_header(
	const struct connection *k, const char *name, char *value, size_t cap)
{
	const char *at = strcasestr(k->in, name);
	size_t len = at != NULL ? strcspn(at += strlen(name), "\r") : 0;

	snprintf(value, cap, "%.*s", len < cap ? (int)len : 0,
		at != NULL ? at : "");
}

static bool is_array(const char *text, size_t len)
{
	json_t *root = json_loadb(text, len, 0, NULL);
	bool is = json_is_array(root) && json_array_size(root) > 0;

	for (size_t i = 0; i < json_array_size(root); i++)
		is = is && json_is_object(json_array_get(root, i));
	json_decref(root);
	return is;
}

static size_t unpack_gzip(const char *body, size_t len, char *text)
{
	struct libdeflate_decompressor *d = libdeflate_alloc_decompressor();
	size_t made = 0;

	if (libdeflate_gzip_decompress(d, body, len, text, REQUEST_MAX,
		    &made) != LIBDEFLATE_SUCCESS)
		made = 0;
	libdeflate_free_decompressor(d);
	return made;
}

static size_t unpack_zstd(const char *body, size_t len, char *text)
{
#ifdef HAVE_ZSTD
	size_t made = ZSTD_decompress(text, REQUEST_MAX, body, len);

	return ZSTD_isError(made) ? 0 : made;
#else
	(void)body;
	(void)len;
	(void)text;
	return 0;
#endif
}

/* The numbers of the events in a request's body, in order, and whether it is
 * an array.  Return: how many. */
static unsigned read_events(const char *body, size_t len,
	const struct fake_request *rq, unsigned *numbers, bool *array)
{
	char *text = malloc(REQUEST_MAX + 1);
	unsigned n = 0;

	if (rq->gzip)
		len = unpack_gzip(body, len, text);
	else if (rq->zstd)
		len = unpack_zstd(body, len, text);
	else
		memcpy(text, body, len);
	text[len] = '\0';
	*array = is_array(text, len);
	for (char *p = text; (p = strstr(p, "{\"n\":")) != NULL; p += 5)
		numbers[n++] = (unsigned)strtoul(p + 5, NULL, 10);
	free(text);
	return n;
}

static bool contains(const unsigned *numbers, unsigned n, unsigned number)
{
	for (unsigned i = 0; i < n; i++)
		if (numbers[i] == number)
			return true;
	return false;
}

/* {"acks":[0,1]} becomes {"acks":{"0":true,"1":true}}. */
static void say_true(char *text, size_t cap, const char *question)
{
	const char *p = strchr(question, '[');
	size_t n = (size_t)snprintf(text, cap, "{\"acks\":{");
	const char *comma = "";
	char *end;

	for (p = p != NULL ? p + 1 : ""; *p >= '0' && *p <= '9'; p = end) {
		unsigned long id = strtoul(p, &end, 10);

		n += (size_t)snprintf(
			text + n, cap - n, "%s\"%lu\":true", comma, id);
		comma = ",";
		end += *end == ',';
	}
	snprintf(text + n, cap - n, "}}");
}

/* Thread: a connection's. */
static struct fake_reply answer_question(struct fake_collector *c,
	const struct fake_request *rq, const char *body, char *text, size_t cap)
{
	struct fake_reply r = { .status = 200, .body = text };

	pthread_mutex_lock(&c->lock);
	if (c->answers != NULL)
		r = c->answers[c->n_questions < c->answers_len
				       ? c->n_questions
				       : c->answers_len - 1];
	c->n_questions++;
	c->question = *rq;
	pthread_mutex_unlock(&c->lock);
	if (r.body == text)
		say_true(text, cap, body);
	return r;
}

/* Notes the request and says what to answer.  Thread: a connection's. */
static struct fake_reply take(struct fake_collector *c,
	const struct fake_request *rq, size_t body_len, const unsigned *numbers,
	char *text, size_t cap)
{
	static const struct fake_reply ok = FAKE_OK;
	struct fake_reply r;

	pthread_mutex_lock(&c->lock);
	r = c->script[c->n_requests < c->script_len ? c->n_requests
						    : c->script_len - 1];
	if (r.fault == FAKE_LIMIT)
		r = body_len > r.limit
			    ? (struct fake_reply){ .status = 413, .body = "" }
			    : ok;
	else if (r.fault == FAKE_POISON &&
		 !contains(numbers, rq->events, r.limit))
		r = ok;
	if (r.fault == FAKE_ACK) {
		snprintf(text, cap, "{\"code\":%d,\"ackId\":%u}", (int)r.limit,
			c->next_ack++);
		r = (struct fake_reply){ .status = 200,
			.body = text,
			.headers = r.headers,
			.takes = FAKE_ALL };
	}
	c->requests[c->n_requests++ % FAKE_REQUESTS_MAX] = *rq;
	for (unsigned i = 0; i < rq->events; i++)
		if (r.takes == FAKE_ALL || i < (unsigned)r.takes)
			c->taken[numbers[i] % FAKE_EVENTS_MAX]++;
	pthread_mutex_unlock(&c->lock);
	return r;
}

/* Return: false when the connection is over. */
static bool answer(struct connection *k, const struct fake_reply *r)
{
	const char *body = r->body != NULL ? r->body : "";
	struct linger reset = { .l_onoff = 1 };
	size_t cap = strlen(body) + 1024;
	char *text = malloc(cap);
	bool more = false;
	int n = snprintf(text, cap,
		"HTTP/1.1 %d Scripted\r\nContent-Type: application/json\r\n"
		"Content-Length: %zu\r\n%s\r\n%s",
		r->status, strlen(body), r->headers != NULL ? r->headers : "",
		body);

	switch (r->fault) {
	case FAKE_RESET:
		setsockopt(k->fd, SOL_SOCKET, SO_LINGER, &reset, sizeof(reset));
		break;
	case FAKE_CUT:
		send(k->fd, text, (size_t)n - 1, MSG_NOSIGNAL);
		break;
	case FAKE_STALL:
		wait_readable(k->c, k->fd);
		break;
	default:
		more = send(k->fd, text, (size_t)n, MSG_NOSIGNAL) == n;
	}
	free(text);
	return more;
}

static void *serve(void *arg)
{
	struct connection *k = arg;
	unsigned *numbers = malloc(FAKE_EVENTS_MAX * sizeof(*numbers));
	size_t body_len;
	char *body;
	bool more = true;

	atomic_fetch_add(&k->c->open, 1);
	while (more && (body = read_request(k, &body_len)) != NULL) {
		const struct fake_reply *health = atomic_load(&k->c->health);
		struct fake_request rq = { 0 };
		struct fake_reply r;
		char byte = *body, text[FAKE_TEXT_MAX];

		if (health != NULL && strncmp(k->in, "GET ", 4) == 0) {
			atomic_fetch_add(&k->c->n_checks, 1);
			drop_request(k, body + body_len);
			more = answer(k, health);
			continue;
		}
		*body = '\0'; /* headers end here */
		rq.gzip = strcasestr(k->in, "\r\nContent-Encoding: gzip\r\n");
		rq.zstd = strcasestr(k->in, "\r\nContent-Encoding: zstd\r\n");
		rq.authorized =
			strstr(k->in, "\r\nAuthorization: Splunk secret\r\n");
		rq.expects = strcasestr(k->in, "\r\nExpect:");
		rq.agent = strstr(k->in, "\r\nUser-Agent: tapferry/");
		rq.asks = strstr(k->in, "/services/collector/ack?channel=");
		read_header(k, "\r\nX-Splunk-Request-Channel: ", rq.channel,
			sizeof(rq.channel));
		read_header(k, "\r\nCookie: ", rq.cookie, sizeof(rq.cookie));
		rq.bearer =
			strstr(k->in, "\r\nAuthorization: Bearer secret\r\n");
		rq.put = strncmp(k->in, "PUT ", 4) == 0;
		read_header(k, "\r\nContent-Type: ", rq.type, sizeof(rq.type));
		read_header(k, "\r\nIdempotency-Key: ", rq.key, sizeof(rq.key));
		*body = byte;
		rq.events =
			read_events(body, body_len, &rq, numbers, &rq.array);
		rq.first = rq.events > 0 ? numbers[0] : 0;
		if (rq.asks)
			r = answer_question(
				k->c, &rq, body, text, sizeof(text));
		else
			r = take(k->c, &rq, body_len, numbers, text,
				sizeof(text));
		drop_request(k, body + body_len);
		more = answer(k, &r);
	}
	free(numbers);
	atomic_fetch_sub(&k->c->open, 1);
	close(k->fd);
	free(k->in);
	free(k);
	return NULL;
}

static void *accept_all(void *arg)
{
	struct fake_collector *c = arg;

	while (wait_readable(c, c->listener)) {
		struct connection *k = calloc(1, sizeof(*k));
		pthread_t *thread = &c->threads[c->connections];

		k->c = c;
		k->in = calloc(1, REQUEST_MAX + 1);
		k->fd = accept(c->listener, NULL, NULL);
		if (k->fd < 0 || c->connections == 256 ||
			pthread_create(thread, NULL, serve, k) != 0)
			abort();
		pthread_mutex_lock(&c->lock);
		c->connections++;
		pthread_mutex_unlock(&c->lock);
	}
	return NULL;
}

void fake_collector_start(struct fake_collector *c, uint16_t port,
	const struct fake_reply *script, size_t len)
{
	struct sockaddr_in at = {
		.sin_family = AF_INET,
		.sin_addr.s_addr = htonl(INADDR_LOOPBACK),
		.sin_port = htons(port),
	};
	socklen_t at_len = sizeof(at);
	int on = 1;

	memset(c, 0, sizeof(*c));
	c->script = script;
	c->script_len = len;
	pthread_mutex_init(&c->lock, NULL);
	c->listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	setsockopt(c->listener, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
	ck_assert_int_eq(
		bind(c->listener, (struct sockaddr *)&at, sizeof(at)), 0);
	ck_assert_int_eq(listen(c->listener, 64), 0);
	ck_assert_int_eq(
		getsockname(c->listener, (struct sockaddr *)&at, &at_len), 0);
	c->port = ntohs(at.sin_port);
	snprintf(c->url, sizeof(c->url), "http://127.0.0.1:%u", c->port);
	ck_assert_int_eq(pipe(c->ending), 0);
	ck_assert_int_eq(pthread_create(&c->acceptor, NULL, accept_all, c), 0);
}

void fake_collector_stop(struct fake_collector *c)
{
	close(c->ending[1]);
	pthread_join(c->acceptor, NULL);
	for (unsigned i = 0; i < c->connections; i++)
		pthread_join(c->threads[i], NULL);
	close(c->ending[0]);
	close(c->listener);
	pthread_mutex_destroy(&c->lock);
}

unsigned fake_collector_requests(struct fake_collector *c)
{
	pthread_mutex_lock(&c->lock);
	unsigned n = c->n_requests;

	pthread_mutex_unlock(&c->lock);
	return n;
}
