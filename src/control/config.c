#include "control/config.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "collector/url.h"
#include "control/config_access.h"
#include "control/config_control.h"
#include "control/config_monitor.h"
#include "control/memory.h"

enum {
	READ_BUFFER = 256 * 1024, /* a worker's, besides one whole frame */
	AUTO_CONNECTIONS_MIN = 10,
	AUTO_CONNECTIONS_MAX = 500,
};

/* Two of a kind: said of the later one. */
static void check_listeners(struct config_memory *m)
{
	const struct values *v = &m->values;

	for (size_t i = 0; i < v->n_listeners; i++) {
		const struct listener_values *a = &v->listeners[i];
		const config_setting_t *s =
			values_element(&m->tree, SCOPE_LISTENER, i);

		for (size_t j = 0; j < i; j++) {
			const struct listener_values *b = &v->listeners[j];

			if (a->name != NULL && b->name != NULL &&
				strcmp(a->name, b->name) == 0)
				tree_problem(&m->tree, s, "name",
					"an earlier listener has that name");
			if (a->listen.address.len != 0 &&
				a->listen.address.len ==
					b->listen.address.len &&
				memcmp(&a->listen.address.storage,
					&b->listen.address.storage,
					a->listen.address.len) == 0)
				tree_problem(&m->tree, s, "address",
					"an earlier listener has that address");
		}
	}
}

/* As the start will load them. */
static int check_tls_files(struct config_memory *m, size_t i)
{
	const struct tls_settings *tls = &m->values.listeners[i].tls;
	const config_setting_t *s = values_element(&m->tree, SCOPE_LISTENER, i);
	struct tls_credentials *credentials;
	struct stat st;
	char why[384];
	int r = tls_credentials_load(&credentials, tls, why, sizeof(why));

	if (r == -EINVAL)
		tree_problem(&m->tree, s, NULL, "%s", why);
	if (r != 0)
		return r == -EINVAL ? 0 : r;
	tls_credentials_put(credentials);
	if (stat(tls->key, &st) == 0 && st.st_mode & S_IROTH)
		config_note(m, s, "every user can read tls.key: chmod 0640");
	return 0;
}

static int check_tls(struct config_memory *m, size_t i)
{
	const struct listener_values *l = &m->values.listeners[i];
	const struct tls_settings *tls = &l->tls;
	const config_setting_t *s = values_element(&m->tree, SCOPE_LISTENER, i);
	bool checks = tls->client_auth == TLS_CLIENT_OPTIONAL ||
		      tls->client_auth == TLS_CLIENT_REQUIRED;

	if (!l->listen.address.tls)
		return 0;
	if (tls->cert == NULL || tls->key == NULL)
		tree_problem(&m->tree, s,
			tls->cert == NULL ? "tls.cert" : "tls.key",
			"is missing: a tls:// address needs certificate and "
			"key");
	else if (checks && tls->client_ca == NULL)
		tree_problem(&m->tree, s, "tls.client_ca",
			"is missing: clients' certificates are to be checked, "
			"name the authorities that vouch for them");
	else if (tls->names != NULL && tls->client_ca == NULL)
		tree_problem(&m->tree, s, "tls.client_ca",
			"is missing: names are those of clients' certificates, "
			"name the authorities that vouch for them");
	else
		return check_tls_files(m, i);
	return 0;
}

static bool same_text(const char *a, const char *b)
{
	return a != NULL && b != NULL && strcmp(a, b) == 0;
}

/* What the collector's product asks of its backends' URLs. */
static void check_urls(struct config_memory *m, const config_setting_t *s,
	const struct output_settings *out)
{
	const struct collector *c = output_collector(out->type);
	const config_setting_t *list =
		config_setting_get_member(s, scopes[SCOPE_BACKEND].key);

	for (size_t i = 0; i < out->remote.n_backends; i++) {
		const char *text = out->remote.backends[i].url;
		struct buf url = BUF_NULL;
		int r = text != NULL ? c->url(&url, text) : 0;

		buf_deinit(&url);
		if (r > 0) /* without memory it is judged when it is used */
			tree_problem(&m->tree,
				config_setting_get_elem(list, (unsigned)i),
				"url", "\"%s\" %s", text, url_error_text(r));
		for (size_t j = 0; j < i; j++)
			if (same_text(text, out->remote.backends[j].url))
				tree_problem(&m->tree,
					config_setting_get_elem(
						list, (unsigned)i),
					"url",
					"an earlier backend has that URL; give "
					"that one a weight instead");
	}
	if (out->remote.n_backends > BALANCE_MAX)
		tree_problem(&m->tree, s, scopes[SCOPE_BACKEND].key,
			"there are more than %d", BALANCE_MAX);
}

static void check_remote(struct config_memory *m, const config_setting_t *s,
	const struct output_values *o)
{
	const struct remote_settings *r = &o->out.remote;

	if (r->retry_max_ns < r->retry_initial_ns)
		tree_problem(
			&m->tree, s, "retry.max", "is less than retry.initial");
	if (r->pool.min_idle > r->pool.max_idle ||
		r->pool.min_idle > r->pool.max_active)
		tree_problem(&m->tree, s, "pool.min_idle",
			"is more than pool.%s",
			r->pool.min_idle > r->pool.max_idle ? "max_idle"
							    : "max_active");
	if (r->breaker.max_time_ns < r->breaker.time_ns)
		tree_problem(&m->tree, s, "breaker.max_time",
			"is less than breaker.time");
	if (r->outlier.max_time_ns < r->outlier.time_ns)
		tree_problem(&m->tree, s, "outlier.max_time",
			"is less than outlier.time");
	if (r->health.path != NULL && r->health.path[0] != '/' &&
		r->health.path[0] != '\0')
		tree_problem(&m->tree, s, "health.path", "must begin with a /");
	check_urls(m, s, &o->out);
}

static void check_spool(struct config_memory *m, size_t i)
{
	const struct output_values *v = &m->values.outputs[i];
	const struct keeper_settings *a = &v->out.keeper;
	const config_setting_t *s = values_element(&m->tree, SCOPE_OUTPUT, i);

	if (a->spool.path == NULL && v->overflow == OVERFLOW_ASKED_SPOOL)
		tree_problem(&m->tree, s, "spool.path",
			"is missing: overflow is spool, name a folder for it");
	if (a->spool.path != NULL &&
		(v->overflow == OVERFLOW_ASKED_DROP ||
			v->overflow == OVERFLOW_ASKED_BLOCK))
		tree_problem(&m->tree, s, "overflow",
			"there is a spool: leave this out, and say in "
			"spool.full what is to happen when that is full");
	for (size_t j = 0; j < i; j++) {
		const struct keeper_settings *b =
			&m->values.outputs[j].out.keeper;

		if (same_text(a->spool.path, b->spool.path))
			tree_problem(&m->tree, s, "spool.path",
				"an earlier output has that folder");
		if (same_text(a->dead_letters.path, b->dead_letters.path))
			tree_problem(&m->tree, s, "dead_letter.path",
				"an earlier output writes that file");
	}
}

static void check_outputs(struct config_memory *m)
{
	const struct values *v = &m->values;

	for (size_t i = 0; i < v->n_outputs; i++) {
		const struct output_settings *a = &v->outputs[i].out;
		const config_setting_t *s =
			values_element(&m->tree, SCOPE_OUTPUT, i);

		check_spool(m, i);
		for (size_t j = 0; j < i; j++) {
			const struct output_settings *b = &v->outputs[j].out;

			if (same_text(a->feed.name, b->feed.name))
				tree_problem(&m->tree, s, "name",
					"an earlier output has that name");
			if (a->type == OUTPUT_TYPE_FILE &&
				b->type == OUTPUT_TYPE_FILE &&
				same_text(a->file.path, b->file.path))
				tree_problem(&m->tree, s, "path",
					"an earlier output writes that file");
			if (a->type == OUTPUT_TYPE_STDOUT &&
				b->type == OUTPUT_TYPE_STDOUT &&
				a->feed.name != NULL && b->feed.name != NULL)
				tree_problem(&m->tree, s, "type",
					"an earlier output writes to standard "
					"output");
		}
		if (output_collector(a->type) != NULL)
			check_remote(m, s, &v->outputs[i]);
	}
}

static void complete_overflow(struct output_values *v)
{
	struct feed_settings *f = &v->out.feed;

	f->spool = v->out.keeper.spool.path != NULL;
	f->spool_always = f->spool && v->out.keeper.spool.mode == SPOOL_ALWAYS;
	f->overflow = v->overflow == OVERFLOW_ASKED_BLOCK ? OVERFLOW_BLOCK
							  : OVERFLOW_DROP;
	if (f->spool)
		f->overflow = (enum feed_overflow)v->spool_full;
}

/* What "0" and "none" stand for. */
static void complete(struct config_memory *m)
{
	struct main_values *v = &m->values.main;

	if (v->workers == 0) {
		long online = sysconf(_SC_NPROCESSORS_ONLN);

		v->workers = online < 1     ? 1
			     : online > 256 ? 256
					    : (unsigned)online;
	}
	if (v->max_connections == 0) {
		v->max_connections = v->buffer_size / 10;
		if (v->max_connections < AUTO_CONNECTIONS_MIN)
			v->max_connections = AUTO_CONNECTIONS_MIN;
		if (v->max_connections > AUTO_CONNECTIONS_MAX)
			v->max_connections = AUTO_CONNECTIONS_MAX;
	}
	/* the largest frame must find room, whatever else is under way */
	if (v->frame_memory < 2 * (size_t)v->max_frame)
		v->frame_memory = 2 * (size_t)v->max_frame;
	for (size_t i = 0; i < m->values.n_outputs; i++) {
		struct output_settings *o = &m->values.outputs[i].out;

		complete_overflow(&m->values.outputs[i]);
		o->feed.buffer_events = v->buffer_size;
		if (!o->remote.acknowledge)
			o->feed.pending_events = 0;
		else if (o->feed.pending_events == 0)
			o->feed.pending_events = v->buffer_size;
		o->feed.encoder.envelope =
			output_collector(o->type) != NULL
				? output_collector(o->type)->envelope
				: ENVELOPE_NDJSON;
		if (o->feed.encoder.host == NULL)
			o->feed.encoder.host = m->host;
	}
}

static char *host_name(void)
{
	char name[256];

	if (gethostname(name, sizeof(name)) != 0)
		name[0] = '\0';
	name[sizeof(name) - 1] = '\0';
	return strdup(name);
}

/* The plain structs of the other rooms. */
static int hand_out(struct config *c, struct config_memory *m)
{
	const struct values *v = &m->values;

	m->listeners = calloc(v->n_listeners, sizeof(*m->listeners));
	m->outputs = calloc(v->n_outputs, sizeof(*m->outputs));
	if (m->listeners == NULL || m->outputs == NULL)
		return -ENOMEM;
	for (size_t i = 0; i < v->n_listeners; i++)
		m->listeners[i] = (struct listener_settings){
			.name = v->listeners[i].name,
			.listen = v->listeners[i].listen,
			.max_connections = v->listeners[i].max_connections,
			.allow = v->listeners[i].allow,
			.deny = v->listeners[i].deny,
			.idle_timeout_ns = v->listeners[i].idle_timeout_ns,
			.tls = v->listeners[i].tls,
		};
	for (size_t i = 0; i < v->n_outputs; i++)
		m->outputs[i] = v->outputs[i].out;
	*c = (struct config){
		.intake = {
			.listeners = m->listeners,
			.n_listeners = v->n_listeners,
			.workers = v->main.workers,
			.max_connections = v->main.max_connections,
			.max_per_peer = v->main.max_per_peer,
			.peer_prefix_ipv4 = v->main.peer_prefix_ipv4,
			.peer_prefix_ipv6 = v->main.peer_prefix_ipv6,
			.refusals_per_second = v->main.refusals_per_second,
			.max_frame = v->main.max_frame,
			.frame_memory = v->main.frame_memory,
			.read_buffer = READ_BUFFER + v->main.max_frame,
			.handshake_timeout_ns = v->main.handshake_timeout_ns,
			.tls_handshake_timeout_ns =
				v->main.tls_handshake_timeout_ns,
		},
		.outputs = m->outputs,
		.n_outputs = v->n_outputs,
		.log_target = (enum log_target)v->main.log_target,
		.log_level = (enum log_level)v->main.log_level,
		.stats_interval_ns = v->main.stats_interval_ns,
		.grace_ns = v->main.grace_ns,
		.drain_ns = v->main.drain_ns,
		.monitor = v->main.monitor.endpoint,
		.control = v->main.control,
		.memory = m,
	};
	return 0;
}

static int load(struct config *c, struct config_memory *m,
	const struct config_source *source, const struct buf *error)
{
	int r = tree_merge(&m->tree, source);

	if (r == 0)
		r = values_read(&m->values, &m->tree);
	if (r != 0)
		return r;
	m->host = host_name();
	if (m->host == NULL)
		return -ENOMEM;
	check_listeners(m);
	for (size_t i = 0; r == 0 && i < m->values.n_listeners; i++)
		r = check_tls(m, i);
	check_outputs(m);
	config_check_control(m);
	if (r == 0)
		r = config_check_monitor(m);
	if (r == 0)
		r = config_check_access(m);
	if (r != 0 || buf_failed(error))
		return -ENOMEM;
	if (error->len != 0)
		return -EINVAL;
	complete(m);
	return hand_out(c, m);
}

static struct config_memory *memory_free(struct config_memory *m)
{
	config_drop_access(m);
	config_drop_monitor(m);
	free(m->host);
	free(m->listeners);
	free(m->outputs);
	values_deinit(&m->values);
	tree_deinit(&m->tree);
	buf_deinit(&m->notes);
	free(m);
	return NULL;
}

int config_load(
	struct config *c, const struct config_source *source, struct buf *error)
{
	struct config_memory *m = calloc(1, sizeof(*m));
	int r;

	*c = CONFIG_NULL;
	if (m == NULL)
		return -ENOMEM;
	tree_init(&m->tree, error);
	r = load(c, m, source, error);
	m->tree.problems = NULL; /* the caller's */
	if (r != 0)
		memory_free(m);
	return r;
}

void config_deinit(struct config *c)
{
	if (c->memory != NULL)
		memory_free(c->memory);
	*c = CONFIG_NULL;
}

const char *config_notes(const struct config *c)
{
	return buf_str(&c->memory->notes);
}
