#include "deliver/remote_target.h"

#include <errno.h>
#include <stdlib.h>

int remote_target_new(struct http_target **tp, const struct output_settings *o,
	const struct backend_settings *b, const char *url)
{
	const struct remote_settings *s = &o->remote;
	const struct access_settings access =
		access_merge(&b->access, &s->access);
	const struct collector *collector = output_collector(o->type);
	struct buf label = BUF_NULL;
	struct http_target_settings set = {
		.url = url,
		.put = s->collector.method == METHOD_PUT,
		.compression = s->compression,
		.content_type = collector->content_type(&s->collector),
		.headers = &access.headers,
		.auth_scheme = collector->auth_scheme,
		.token = access.token,
		.user = access.user,
		.password = access.password,
		.proxy = access.proxy,
		.tls_ca = access.tls_ca,
		.tls_cert = access.tls_cert,
		.tls_key = access.tls_key,
		.tls_server_name = access.tls_server_name,
		.tls_insecure = access.tls_insecure != 0,
		.http2 = access.http2 != 0,
		/* acknowledgements are known only where the events are */
		.cookies = collector->ack != NULL,
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
