#include "control/config_outputs.h"

#include <string.h>

#include "base/units.h"
#include "collector/url.h"
#include "base/path.h"
#include "control/config_lines.h"

static bool same_text(const char *a, const char *b)
{
	return a != NULL && b != NULL && strcmp(a, b) == 0;
}

static bool same_place(const char *a, const char *b)
{
	return a != NULL && b != NULL && path_same(a, b);
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

		if (r > 0) { /* without memory it is judged when it is used */
			buf_clear(&url);
			url_quote(&url, text);
			tree_problem(&m->tree,
				config_setting_get_elem(list, (unsigned)i),
				"url", "\"%s\" %s", buf_str(&url),
				url_error_text(r));
		}
		buf_deinit(&url);
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

static void check_compression(struct config_memory *m,
	const config_setting_t *s, const struct output_settings *out)
{
	const config_setting_t *at =
		config_setting_get_member(s, "compression");

	if (out->remote.compression == COMPRESSION_ZSTD &&
		!output_collector(out->type)->takes_zstd)
		tree_problem(&m->tree, at, NULL,
			"Splunk takes no zstd: set it to \"gzip\" or \"none\"; "
			"zstd is for outputs of type http");
	else if (!compression_built(out->remote.compression))
		tree_problem(&m->tree, at, NULL,
			"this tapferryd was built without libzstd: set it to "
			"\"gzip\" or \"none\", or build with libzstd "
			"(configure --with-zstd)");
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
	check_compression(m, s, &o->out);
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
	if (a->spool.path != NULL &&
		a->spool.max_size < v->out.feed.batch_bytes) {
		char bytes[32];

		units_format_size(
			v->out.feed.batch_bytes, bytes, sizeof(bytes));
		tree_problem(&m->tree, s, "spool.max_size",
			"is less than batch.bytes, which is %s: not one batch "
			"may fit",
			bytes);
	}
	for (size_t j = 0; j < i; j++) {
		const struct keeper_settings *b =
			&m->values.outputs[j].out.keeper;

		if (same_place(a->spool.path, b->spool.path))
			tree_problem(&m->tree, s, "spool.path",
				"an earlier output has that folder");
		if (same_place(a->dead_letters.path, b->dead_letters.path))
			tree_problem(&m->tree, s, "dead_letter.path",
				"an earlier output writes that file");
	}
}

void config_check_outputs(struct config_memory *m)
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
				same_place(a->file.path, b->file.path))
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
		config_check_lines(m, i);
	}
}
