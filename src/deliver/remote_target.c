#include "deliver/remote_target.h"

#include <errno.h>
#include <stdlib.h>

int remote_target_new(struct http_target **tp, const struct output_settings *o,
	const struct backend_settings *b, const char *url)
{
	const struct remote_settings *s = &o->remote;
	const struct collector *collector = output_collector(o->type);
	struct buf label = BUF_NULL;
	struct http_target_settings set = {
		.url = url,
		.put = s->collector.method == METHOD_PUT,
		.content_type = collector->content_type(&s->collector),
		.headers = &s->headers,
		.auth_scheme = collector->auth_scheme,
		.token = s->token,
		.proxy = s->proxy,
		.tls_ca = s->tls_ca,
		.tls_insecure = s->tls_insecure,
		.connect_timeout_ns = s->connect_timeout_ns,
		.request_timeout_ns = s->request_timeout_ns,
		.keepalive_time_ns = s->keepalive_time_ns,
		.keepalive_interval_ns = s->keepalive_interval_ns,
		.keepalive_count = s->keepalive_count,
		.pool = s->pool,
	};
	int r = -ENOMEM;

	buf_printf(&label, "output=%s url=%s", o->feed.name, b->url);
	set.label = buf_str(&label);
	if (!buf_failed(&label))
		r = http_target_new(tp, &set);
	buf_deinit(&label);
	return r;
}
