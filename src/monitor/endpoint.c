#include "monitor/endpoint.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/clock.h"
#include "base/log.h"
#include "monitor/connections.h"
#include "monitor/metrics.h"
#include "monitor/readiness.h"
#include "monitor/status.h"
#include "monitor/visitors.h"

#define JSON_TYPE "application/json"
#define TEXT_TYPE "text/plain; charset=utf-8"

enum { PIECE = 32 * 1024 }; /* octets of an answer that comes in pieces */

int endpoint_init(struct endpoint *e, const struct monitor_settings *settings,
	const struct monitor_view *view)
{
	int r;

	*e = (struct endpoint){ .view = view, .settings = settings };
	r = history_init(&e->history, view);
	return r != 0 ? r : page_init(&e->page);
}

void endpoint_deinit(struct endpoint *e)
{
	history_deinit(&e->history);
	census_deinit(&e->census);
}

/* Headers of every answer, then the answer; takes the response. */
static enum MHD_Result reply(struct MHD_Connection *c, unsigned status,
	struct MHD_Response *r, const char *type)
{
	enum MHD_Result done = MHD_NO;

	if (r == NULL)
		return MHD_NO;
	/* what an answer shows is of this moment, and of this page only */
	if (MHD_add_response_header(r, "Content-Type", type) == MHD_YES &&
		MHD_add_response_header(r, "Cache-Control", "no-store") ==
			MHD_YES &&
		MHD_add_response_header(
			r, "X-Content-Type-Options", "nosniff") == MHD_YES &&
		MHD_add_response_header(r, "Cross-Origin-Resource-Policy",
			"same-origin") == MHD_YES)
		done = MHD_queue_response(c, status, r);
	MHD_destroy_response(r);
	if (done == MHD_YES)
		visitors_answer(c);
	return done;
}

/* Takes the text. */
static struct MHD_Response *response_of(struct buf *text)
{
	size_t len = text->len;
	char *data = buf_take(text);
	struct MHD_Response *r;

	if (data == NULL)
		return NULL;
	r = MHD_create_response_from_buffer(len, data, MHD_RESPMEM_MUST_FREE);
	if (r == NULL)
		free(data);
	return r;
}

static enum MHD_Result say(
	struct MHD_Connection *c, unsigned status, const char *text)
{
	return reply(c, status,
		MHD_create_response_from_buffer(
			strlen(text), (void *)text, MHD_RESPMEM_MUST_COPY),
		TEXT_TYPE);
}

static enum MHD_Result refuse_method(struct MHD_Connection *c)
{
	static char text[] = "only GET and HEAD are answered here\n";
	struct MHD_Response *r = MHD_create_response_from_buffer(
		sizeof(text) - 1, text, MHD_RESPMEM_PERSISTENT);

	if (r != NULL)
		MHD_add_response_header(r, "Allow", "GET, HEAD");
	return reply(c, MHD_HTTP_METHOD_NOT_ALLOWED, r, TEXT_TYPE);
}

static enum MHD_Result refuse_stranger(
	const struct endpoint *e, struct MHD_Connection *c)
{
	static char text[] = "user and password, or a token, are needed\n";
	struct MHD_Response *r = MHD_create_response_from_buffer(
		sizeof(text) - 1, text, MHD_RESPMEM_PERSISTENT);

	if (r != NULL) {
		MHD_add_response_header(r, "WWW-Authenticate",
			"Basic realm=\"tapferry\", charset=\"UTF-8\"");
		if (e->settings->guard.token != NULL)
			MHD_add_response_header(r, "WWW-Authenticate",
				"Bearer realm=\"tapferry\"");
	}
	return reply(c, MHD_HTTP_UNAUTHORIZED, r, TEXT_TYPE);
}

/* What a page is written from, and to. */
struct answer {
	struct endpoint *endpoint;
	struct MHD_Connection *connection;
	struct snapshot snapshot;
	struct buf text;
	unsigned status;
};

static void serve_metrics(struct answer *a)
{
	metrics_write(&a->snapshot, &a->text);
}

static void serve_status(struct answer *a)
{
	status_write(&a->snapshot, &a->text);
}

static void serve_backends(struct answer *a)
{
	status_write_backends(&a->snapshot, &a->text);
}

static void serve_history(struct answer *a)
{
	history_write(&a->endpoint->history, &a->text);
}

static void serve_health(struct answer *a)
{
	const char *stuck = a->snapshot.stuck;

	if (stuck == NULL) {
		buf_add_str(&a->text, "ok\n");
		return;
	}
	a->status = MHD_HTTP_SERVICE_UNAVAILABLE;
	buf_printf(&a->text, "thread %s does not get on\n", stuck);
}

static void serve_readiness(struct answer *a)
{
	readiness_explain(&a->snapshot, &a->text);
	if (a->text.len == 0)
		buf_add_str(&a->text, "ok\n");
	else
		a->status = MHD_HTTP_SERVICE_UNAVAILABLE;
}

static const struct route {
	const char *path, *type;
	void (*serve)(struct answer *a);
} routes[] = {
	{ "/metrics", METRICS_CONTENT_TYPE, serve_metrics },
	{ "/status", JSON_TYPE, serve_status },
	{ "/backends", JSON_TYPE, serve_backends },
	{ "/history", JSON_TYPE, serve_history },
	{ "/healthz", TEXT_TYPE, serve_health },
	{ "/readyz", TEXT_TYPE, serve_readiness },
};

static enum MHD_Result serve_route(
	struct endpoint *e, struct MHD_Connection *c, const struct route *route)
{
	struct answer a = {
		.endpoint = e,
		.connection = c,
		.text = BUF_NULL,
		.status = MHD_HTTP_OK,
	};
	enum MHD_Result done = MHD_NO;

	if (snapshot_take(&a.snapshot, e->view, &e->history) == 0) {
		route->serve(&a);
		done = reply(c, a.status, response_of(&a.text), route->type);
	}
	snapshot_deinit(&a.snapshot);
	buf_deinit(&a.text);
	return done;
}

static enum MHD_Result serve_page(struct endpoint *e, struct MHD_Connection *c)
{
	struct snapshot s;
	struct buf text = BUF_NULL;
	struct MHD_Response *r = NULL;

	if (snapshot_take(&s, e->view, &e->history) == 0) {
		page_write(&e->page, &s, &text);
		r = response_of(&text);
	}
	snapshot_deinit(&s);
	buf_deinit(&text);
	if (r != NULL) {
		MHD_add_response_header(
			r, "Content-Security-Policy", e->page.policy);
		MHD_add_response_header(r, "Referrer-Policy", "no-referrer");
		MHD_add_response_header(r, "X-Frame-Options", "DENY");
	}
	return reply(c, MHD_HTTP_OK, r, "text/html; charset=utf-8");
}

static ssize_t read_connections(
	void *cls, uint64_t position, char *into, size_t max)
{
	ssize_t n = connections_read(cls, into, max);

	(void)position;
	if (n < 0)
		return MHD_CONTENT_READER_END_WITH_ERROR;
	return n == 0 ? MHD_CONTENT_READER_END_OF_STREAM : n;
}

static void free_connections(void *cls)
{
	connections_free(cls);
}

/* ?limit=N; false: it is no number from 0 to the most allowed */
static bool limit_of(struct MHD_Connection *c, size_t *limit)
{
	const char *text =
		MHD_lookup_connection_value(c, MHD_GET_ARGUMENT_KIND, "limit");
	unsigned long value;
	char *end;

	*limit = CONNECTIONS_LIMIT_DEFAULT;
	if (text == NULL)
		return true;
	if (*text < '0' || *text > '9')
		return false;
	errno = 0;
	value = strtoul(text, &end, 10);
	*limit = value;
	return errno == 0 && *end == '\0' && value <= CONNECTIONS_LIMIT_MAX;
}

static enum MHD_Result serve_connections(
	struct endpoint *e, struct MHD_Connection *c)
{
	const char *sort =
		MHD_lookup_connection_value(c, MHD_GET_ARGUMENT_KIND, "sort");
	uint64_t now = clock_mono_ns(&clock_system);
	enum census_key key = CENSUS_BY_RATE;
	struct census_list list;
	struct connections *answer;
	struct MHD_Response *r;
	size_t limit;
	int error;

	if (sort != NULL && !census_key_parse(sort, &key))
		return say(c, MHD_HTTP_BAD_REQUEST,
			"sort is one of: " CENSUS_KEY_NAMES "\n");
	if (!limit_of(c, &limit))
		return say(c, MHD_HTTP_BAD_REQUEST,
			"limit is a number from 0 to 100000\n");
	error = census_take(&e->census, intake_registry(e->view->intake), key,
		limit, now, &list);
	if (error == 0)
		error = connections_new(&answer, e->view, &list, now);
	if (error != 0) {
		free(list.entries);
		return MHD_NO;
	}
	r = MHD_create_response_from_callback(MHD_SIZE_UNKNOWN, PIECE,
		read_connections, answer, free_connections);
	if (r == NULL)
		connections_free(answer);
	return reply(c, MHD_HTTP_OK, r, JSON_TYPE);
}

static enum MHD_Result answer(
	struct endpoint *e, struct MHD_Connection *c, const char *url)
{
	if (strcmp(url, "/") == 0)
		return serve_page(e, c);
	if (strcmp(url, "/connections") == 0)
		return serve_connections(e, c);
	for (size_t i = 0; i < sizeof(routes) / sizeof(routes[0]); i++)
		if (strcmp(url, routes[i].path) == 0)
			return serve_route(e, c, &routes[i]);
	return say(c, MHD_HTTP_NOT_FOUND,
		"there is: / /metrics /status /backends /connections /history "
		"/healthz /readyz\n");
}

/* The path of a request's target, which may be a whole URL: RFC 9112, 3.2.2. */
static const char *path_of(const char *target)
{
	const char *authority, *path;

	if (strncasecmp(target, "http://", 7) == 0)
		authority = target + 7;
	else if (strncasecmp(target, "https://", 8) == 0)
		authority = target + 8;
	else
		return target;
	path = strchr(authority, '/');
	return path != NULL ? path : "/";
}

enum MHD_Result endpoint_serve(void *cls, struct MHD_Connection *c,
	const char *url, const char *method, const char *version,
	const char *upload, size_t *upload_size, void **request)
{
	static char seen; /* this request has been here before */
	struct endpoint *e = cls;

	(void)version;
	(void)upload;
	if (!guard_admits(&e->settings->guard,
		    MHD_lookup_connection_value(
			    c, MHD_HEADER_KIND, MHD_HTTP_HEADER_AUTHORIZATION)))
		return refuse_stranger(e, c);
	if (strcmp(method, MHD_HTTP_METHOD_GET) != 0 &&
		strcmp(method, MHD_HTTP_METHOD_HEAD) != 0)
		return refuse_method(c);
	/* the first call comes before the body, if any: answered then, the
	 * connection could not be used again */
	if (*request == NULL) {
		*request = &seen;
		return MHD_YES;
	}
	if (*upload_size != 0) {
		*upload_size = 0; /* nobody wants it */
		return MHD_YES;
	}
	return answer(e, c, path_of(url));
}
