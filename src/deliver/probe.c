#include "deliver/probe.h"

#include <assert.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/clock.h"
#include "deliver/reply_body.h"

enum { PROBE_MAGIC = 0x70726f62, REPLY_MAX = 4096 };

struct probe {
	unsigned magic;
	struct backend *backend;
	CURLM *multi; /* NULL: not in it */
	CURL *curl;
	bool connects;          /* to be connected to is all it asks */
	struct reply_body body; /* in octets */
	char error[CURL_ERROR_SIZE];
	uint8_t octets[REPLY_MAX];
};

/* Return: 0 with *connects or the URL to ask, or -ENOMEM. */
static int make_url(const struct backend *b, const struct output_settings *o,
	struct buf *url, bool *connects)
{
	const struct collector *c = output_collector(o->type);
	const char *path = o->remote.health.path;

	*connects = false;
	if (path != NULL && *path != '\0')
		return health_path(url, b->url, path);
	if (c->health != NULL)
		return c->health->url(url, b->url);
	*connects = true;
	buf_add_str(url, b->url);
	return buf_failed(url) ? -ENOMEM : 0;
}

static int set_url(struct probe *p, const struct output_settings *o)
{
	const struct http_target *t = p->backend->target;
	struct buf url = BUF_NULL;
	int r = make_url(p->backend, o, &url, &p->connects);

	if (r == 0 && t->set.tls_server_name != NULL) {
		char *named = http_target_url(t, buf_str(&url));

		curl_easy_setopt(p->curl, CURLOPT_URL, named);
		r = named != NULL ? 0 : -ENOMEM;
		curl_free(named);
	} else if (r == 0) {
		curl_easy_setopt(p->curl, CURLOPT_URL, buf_str(&url));
	}
	buf_deinit(&url);
	return r;
}

static void configure(struct probe *p, const struct health_settings *s)
{
	long timeout_ms = (long)((s->timeout_ns + NS_PER_MS - 1) / NS_PER_MS);
	CURL *c = p->curl;

	http_target_configure(p->backend->target, c);
	curl_easy_setopt(c, CURLOPT_CUSTOMREQUEST, NULL);
	curl_easy_setopt(c, CURLOPT_HTTPGET, 1L);
	if (s->head)
		curl_easy_setopt(c, CURLOPT_NOBODY, 1L);
	if (p->connects)
		curl_easy_setopt(c, CURLOPT_CONNECT_ONLY, 1L);
	curl_easy_setopt(c, CURLOPT_HTTPHEADER, p->backend->target->plain);
	curl_easy_setopt(c, CURLOPT_CONNECTTIMEOUT_MS, timeout_ms);
	curl_easy_setopt(c, CURLOPT_TIMEOUT_MS, timeout_ms);
	curl_easy_setopt(c, CURLOPT_ERRORBUFFER, p->error);
	curl_easy_setopt(c, CURLOPT_WRITEFUNCTION, reply_body_write);
	curl_easy_setopt(c, CURLOPT_WRITEDATA, &p->body);
	curl_easy_setopt(c, CURLOPT_PRIVATE, p);
}

int probe_start(struct probe **pp, CURLM *multi, struct backend *b,
	const struct output_settings *o)
{
	struct probe *p = calloc(1, sizeof(*p));
	int r = -ENOMEM;

	if (p == NULL)
		return r;
	p->magic = PROBE_MAGIC;
	reply_body_init(&p->body, p->octets, sizeof(p->octets));
	p->backend = b;
	backend_get(b);
	p->curl = curl_easy_init();
	if (p->curl != NULL)
		r = set_url(p, o);
	if (r == 0) {
		configure(p, &o->remote.health);
		r = curl_multi_add_handle(multi, p->curl) == CURLM_OK ? 0
								      : -ENOMEM;
	}
	if (r != 0) {
		probe_free(p);
		return r;
	}
	p->multi = multi;
	*pp = p;
	return 0;
}

struct probe *probe_of(CURL *curl)
{
	struct probe *p = NULL;

	curl_easy_getinfo(curl, CURLINFO_PRIVATE, (char **)&p);
	assert(p != NULL && p->magic == PROBE_MAGIC);
	return p;
}

struct backend *probe_backend(const struct probe *p)
{
	return p->backend;
}

void probe_judge(const struct probe *p, CURLcode result,
	const struct output_settings *o, struct health_verdict *v)
{
	const struct health_settings *s = &o->remote.health;
	const struct collector *c = output_collector(o->type);
	struct reply reply = { .body = reply_body_slice(&p->body) };

	curl_easy_getinfo(p->curl, CURLINFO_RESPONSE_CODE, &reply.status);
	if (result != CURLE_OK) {
		v->sign = HEALTH_ILL;
		snprintf(v->reason, sizeof(v->reason), "health check: %.80s",
			http_target_reason(
				p->backend->target, result, p->error));
	} else if (p->connects) {
		v->sign = HEALTH_WELL;
		snprintf(v->reason, sizeof(v->reason),
			"health check: connected");
	} else if (c->health != NULL && s->status == 0 &&
		   (s->path == NULL || *s->path == '\0')) {
		c->health->judge(v, &reply, o->remote.acknowledge);
	} else {
		health_judge_status(v, reply.status, s->status);
	}
}

struct probe *probe_free(struct probe *p)
{
	if (p->multi != NULL)
		curl_multi_remove_handle(p->multi, p->curl);
	curl_easy_cleanup(p->curl);
	backend_put(p->backend);
	free(p);
	return NULL;
}
