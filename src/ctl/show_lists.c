/* Lists for people. */
#include "ctl/grid.h"
#include "ctl/show.h"
#include "ctl/words.h"

void show_connections_in(const json_t *result, size_t width, struct buf *out)
{
	const json_t *c;
	struct grid g;
	size_t i;

	grid_init(&g, ">ID|LISTENER|PEER|STATE|>EVENTS/S|>BYTES/S|>EVENTS|"
		      ">ERRORS|>AGE|>QUIET|IDENTITY");
	json_array_foreach(words_at(result, "connections"), i, c)
	{
		char text[WORDS_MAX];

		grid_number(&g, words_count(c, "id"));
		grid_text(&g, words_text(c, "listener"));
		grid_text(&g, words_text(c, "peer"));
		grid_text(&g, words_text(c, "state"));
		grid_format(&g, "%.1f", words_real(c, "rate"));
		grid_text(&g, words_bytes(text, words_real(c, "byte_rate")));
		grid_number(&g, words_count(c, "messages"));
		grid_number(&g, words_count(c, "errors"));
		grid_text(
			&g, words_seconds(text, words_real(c, "age_seconds")));
		grid_text(&g,
			words_seconds(text, words_real(c, "quiet_seconds")));
		grid_text(&g, words_text(c, "identity"));
	}
	grid_print(&g, width, out);
	grid_deinit(&g);
}

void show_connections(const json_t *result, struct buf *out)
{
	show_connections_in(result, 0, out);
	if (words_count(result, "listed") < words_count(result, "total"))
		buf_printf(out, "%llu of %llu; more with --limit\n",
			words_count(result, "listed"),
			words_count(result, "total"));
}

static void add_backend(struct grid *g, const char *output, const json_t *b)
{
	char text[WORDS_MAX];

	grid_text(g, output);
	grid_text(g, words_text(b, "url"));
	grid_text(g, words_text(b, "state"));
	grid_text(g, words_text(b, "breaker"));
	grid_number(g, words_count(b, "weight"));
	grid_format(g, "%.0f%%", 100 * words_real(b, "share"));
	grid_format(g, "%llu/%llu", words_count(b, "in_flight"),
		words_count(b, "limit"));
	grid_text(
		g, words_quantile(text, words_at(b, "latency_seconds"), "p99"));
	grid_format(g, "%llu+%llu", words_count(b, "pool.active"),
		words_count(b, "pool.idle"));
	grid_text(g, words_text(b, "reason"));
}

void show_backends(const json_t *result, struct buf *out)
{
	const json_t *o, *b;
	struct grid g;
	size_t i, k;

	grid_init(&g, "OUTPUT|URL|STATE|BREAKER|>WEIGHT|>SHARE|>IN FLIGHT|"
		      ">LATENCY P99|>BUSY+IDLE|LAST FAILURE");
	json_array_foreach(words_at(result, "outputs"), i, o)
	{
		json_array_foreach(words_at(o, "backends"), k, b)
			add_backend(&g, words_text(o, "name"), b);
	}
	grid_print(&g, 0, out);
	grid_deinit(&g);
}

static void add_file(struct grid *g, const char *output, const json_t *f)
{
	char text[WORDS_MAX];

	grid_text(g, output);
	grid_number(g, words_count(f, "file"));
	grid_text(g, words_text(f, "created"));
	grid_number(g, words_count(f, "events"));
	grid_text(g, words_bytes(text, words_real(f, "bytes")));
	grid_text(g,
		json_is_true(words_at(f, "waits")) ? "waits" : "is being sent");
}

void show_spool(const json_t *result, struct buf *out)
{
	const json_t *o, *f;
	struct grid g;
	size_t i, k;

	grid_init(&g, "OUTPUT|>FILE|CREATED|>EVENTS|>SIZE|STATE");
	json_array_foreach(words_at(result, "outputs"), i, o)
	{
		json_array_foreach(words_at(o, "list"), k, f)
			add_file(&g, words_text(o, "output"), f);
	}
	if (g.n != 0)
		grid_print(&g, 0, out);
	grid_deinit(&g);
	json_array_foreach(words_at(result, "outputs"), i, o)
	{
		char events[WORDS_MAX], files[WORDS_MAX], text[WORDS_MAX];

		buf_printf(out, "%s: %s in %s, %s%s\n", words_text(o, "output"),
			words_many(events, words_count(o, "events"), "event"),
			words_many(files, words_count(o, "files"), "file"),
			words_bytes(text, words_real(o, "bytes")),
			json_is_true(words_at(o, "refuses"))
				? "; it is full or the disk fails"
				: "");
	}
	if (json_array_size(words_at(result, "outputs")) == 0)
		buf_add_str(out, "no output has a spool\n");
}

void show_letters(const json_t *result, struct buf *out)
{
	const json_t *o, *l;
	size_t i, k;

	json_array_foreach(words_at(result, "outputs"), i, o)
	{
		const char *error = words_text(o, "error");
		char n[WORDS_MAX];

		json_array_foreach(words_at(o, "list"), k, l)
		{
			char *text =
				json_dumps(l, JSON_COMPACT | JSON_ENCODE_ANY);

			buf_printf(out, "%s\n", text != NULL ? text : "");
			free(text);
		}
		buf_printf(out, "%s: %s%s\n", words_text(o, "output"),
			words_many(n, words_count(o, "listed"), "dead letter"),
			json_is_true(words_at(o, "more"))
				? " listed, and there are more: --limit"
				: "");
		if (error != NULL)
			buf_printf(
				out, "%s: %s\n", words_text(o, "path"), error);
	}
	if (json_array_size(words_at(result, "outputs")) == 0)
		buf_add_str(out, "no output keeps dead letters\n");
}
