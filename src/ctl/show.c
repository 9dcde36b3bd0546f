#include "ctl/show.h"

#include <string.h>

#include "ctl/grid.h"
#include "ctl/words.h"

void show_head(const json_t *s, struct buf *out)
{
	char up[WORDS_MAX], memory[WORDS_MAX];
	const char *why = words_text(s, "not_ready");
	const char *stuck = words_text(s, "stuck");

	buf_printf(out, "tapferryd %s, pid %llu, %s for %s, %s\n",
		words_text(s, "version"), words_count(s, "process.pid"),
		words_text(s, "state"),
		words_seconds(up, words_real(s, "uptime_seconds")),
		words_bytes(memory, words_real(s, "process.resident_bytes")));
	if (stuck != NULL)
		buf_printf(out, "thread %s does not get on\n", stuck);
	if (why != NULL)
		buf_printf(out, "not ready: %s", why);
	buf_printf(out,
		"%.0f events/s from %llu of %llu connections, %llu events "
		"received",
		words_real(s, "intake.events_per_second"),
		words_count(s, "intake.connections"),
		words_count(s, "intake.connections_limit"),
		words_count(s, "intake.counters.received"));
	if (words_count(s, "intake.dropped") != 0)
		buf_printf(out, ", %llu dropped",
			words_count(s, "intake.dropped"));
	buf_add_str(out, "\n");
}

static void show_listeners(const json_t *status, struct buf *out)
{
	const json_t *l;
	struct grid g;
	size_t i;

	grid_init(&g, "LISTENER|ADDRESS|>CONNECTIONS");
	json_array_foreach(words_at(status, "listeners"), i, l)
	{
		grid_text(&g, words_text(l, "name"));
		grid_format(&g, "%s%s", words_text(l, "address"),
			json_is_true(words_at(l, "tls")) ? " (tls)" : "");
		grid_number(&g, words_count(l, "active"));
	}
	buf_add_str(out, "\n");
	grid_print(&g, 0, out);
	grid_deinit(&g);
}

/* How many of its backends are in that state, or in the other one. */
static unsigned count_backends(
	const json_t *output, const char *one, const char *other)
{
	const json_t *b;
	unsigned n = 0;
	size_t i;

	json_array_foreach(words_at(output, "backends"), i, b)
	{
		const char *state = words_text(b, "state");

		n += state != NULL &&
		     (strcmp(state, one) == 0 || strcmp(state, other) == 0);
	}
	return n;
}

static bool sends(const json_t *output)
{
	const char *type = words_text(output, "type");

	return type != NULL &&
	       (strcmp(type, "hec") == 0 || strcmp(type, "http") == 0);
}

const char *show_state(const json_t *output)
{
	const json_t *reader = words_at(output, "reader");

	if (json_is_true(words_at(output, "stops_reading")))
		return "blocks";
	if (json_is_true(words_at(output, "paused")))
		return "paused";
	if (json_is_integer(words_at(output, "awaits_former_events")))
		return "waits";
	if (json_is_object(reader) && !json_is_true(words_at(reader, "there")))
		return "waits";
	/* those set aside are used where there is no other */
	return sends(output) && count_backends(output, "up", "ejected") == 0
		       ? "waits"
		       : "on";
}

const char *show_delay(char text[WORDS_MAX], const json_t *output)
{
	return words_quantile(text, words_at(output, "delay_seconds"), "p99");
}

void show_outputs(const json_t *result, struct buf *out)
{
	const json_t *o;
	struct grid g;
	size_t i;

	grid_init(&g, "OUTPUT|TYPE|STATE|>DELIVERED|>DROPPED|>DEAD|>IN MEMORY|"
		      ">IN SPOOL|>BATCHES QUEUED|>DELAY P99|BACKENDS UP");
	json_array_foreach(words_at(result, "outputs"), i, o)
	{
		size_t backends = json_array_size(words_at(o, "backends"));
		char text[WORDS_MAX];

		grid_text(&g, words_text(o, "name"));
		grid_text(&g, words_text(o, "type"));
		grid_text(&g, show_state(o));
		grid_number(&g, words_count(o, "ledger.delivered"));
		grid_number(&g, words_count(o, "ledger.dropped"));
		grid_number(&g, words_count(o, "ledger.dead_lettered"));
		grid_number(&g, words_count(o, "ledger.in_memory"));
		grid_number(&g, words_count(o, "ledger.in_spool"));
		grid_format(&g, "%llu/%llu", words_count(o, "queue.batches"),
			words_count(o, "queue.limit"));
		grid_text(&g, show_delay(text, o));
		if (sends(o) && backends != 0)
			grid_format(&g, "%u of %zu",
				count_backends(o, "up", "up"), backends);
		else
			grid_text(&g, NULL);
	}
	grid_print(&g, 0, out);
	grid_deinit(&g);
	json_array_foreach(words_at(result, "outputs"), i, o)
	{
		char events[WORDS_MAX];

		if (json_is_integer(words_at(o, "awaits_former_events")))
			buf_printf(out,
				"%s: a reload has made it another, which "
				"starts when the former one has delivered or "
				"spooled %s\n",
				words_text(o, "name"),
				words_many(events,
					words_count(o, "awaits_former_events"),
					"event"));
	}
}

void show_status(const json_t *result, struct buf *out)
{
	show_head(result, out);
	show_listeners(result, out);
	buf_add_str(out, "\n");
	show_outputs(result, out);
}

static void show_drops(const json_t *output, struct buf *out)
{
	json_t *counters = (json_t *)words_at(output, "counters");
	const char *name;
	json_t *value;

	json_object_foreach(counters, name, value)
	{
		if (strncmp(name, "dropped_", 8) == 0 &&
			json_integer_value(value) != 0)
			buf_printf(out, "%s: %s=%lld\n",
				words_text(output, "name"), name,
				(long long)json_integer_value(value));
	}
}

void show_ledger(const json_t *result, struct buf *out)
{
	static const char *const keys[] = { "received", "recovered",
		"delivered", "filtered", "dropped", "dead_lettered",
		"in_memory", "in_spool" };
	const json_t *outputs = words_at(result, "outputs"), *o;
	struct grid g;
	size_t i;

	grid_init(&g, "OUTPUT|>RECEIVED|>RECOVERED|>DELIVERED|>FILTERED|"
		      ">DROPPED|>DEAD|>IN MEMORY|>IN SPOOL|CLOSED");
	json_array_foreach(outputs, i, o)
	{
		const json_t *l = words_at(o, "ledger");

		grid_text(&g, words_text(o, "name"));
		for (unsigned k = 0; k < sizeof(keys) / sizeof(*keys); k++)
			grid_number(&g, words_count(l, keys[k]));
		/* of counters read one after the other */
		grid_text(&g, json_is_true(words_at(l, "closed"))
				      ? "yes"
				      : "not at this moment");
	}
	grid_print(&g, 0, out);
	grid_deinit(&g);
	json_array_foreach(outputs, i, o) show_drops(o, out);
}

void show_config(const json_t *result, struct buf *out)
{
	const char *text = words_text(result, "text");

	buf_add_str(out, text != NULL ? text : "");
}

static void show_lines(const json_t *list, struct buf *out)
{
	const json_t *line;
	size_t i;

	json_array_foreach(list, i, line)
		buf_printf(out, "%s\n", json_string_value(line));
}

void show_notes(const json_t *result, struct buf *out)
{
	show_lines(words_at(result, "notes"), out);
	buf_add_str(out, "the configuration is in force\n");
}

void show_level(const json_t *result, struct buf *out)
{
	buf_printf(out, "%s\n", words_text(result, "level"));
}

void show_closed(const json_t *result, struct buf *out)
{
	char text[WORDS_MAX];

	buf_printf(out, "%s closed\n",
		words_many(text, words_count(result, "closed"), "connection"));
}

void show_paused(const json_t *result, struct buf *out)
{
	buf_printf(out, "output %s %s\n", words_text(result, "output"),
		json_is_true(words_at(result, "paused"))
			? "is paused: its events wait in memory and spool"
			: "goes on");
}

void show_flushed(const json_t *result, struct buf *out)
{
	buf_printf(out, "output %s: what was gathered is on its way\n",
		words_text(result, "output"));
}

void show_backend(const json_t *result, struct buf *out)
{
	const char *state = words_text(result, "state");
	const char *warning = words_text(result, "warning");

	buf_printf(out, "output %s: %s is %s", words_text(result, "output"),
		words_text(result, "url"), state != NULL ? state : "changed");
	if (words_count(result, "weight") != 0)
		buf_printf(out, ", weight %llu", words_count(result, "weight"));
	if (warning != NULL)
		buf_printf(out, "\n%s", warning);
	buf_add_str(out,
		"\nThis lasts until a reload or restart, which goes by "
		"the configuration.\n");
}

void show_discarded(const json_t *result, struct buf *out)
{
	char text[WORDS_MAX];

	buf_printf(out, "output %s: %s discarded\n",
		words_text(result, "output"),
		words_many(text, words_count(result, "events"), "event"));
}

void show_replay(const json_t *result, struct buf *out)
{
	char text[WORDS_MAX];

	buf_printf(out, "output %s: %s in the spool, %s\n",
		words_text(result, "output"),
		words_many(text, words_count(result, "events"), "event"),
		json_is_true(words_at(result, "paused"))
			? "but the output is paused: tapferryctl outputs resume"
			: "which go as backends take them");
}

void show_resend(const json_t *result, struct buf *out)
{
	buf_printf(out, "output %s: %s\n", words_text(result, "output"),
		json_is_true(words_at(result, "resending"))
			? "dead letters go through the output again"
			: "there are no dead letters");
}

void show_shutdown(const json_t *result, struct buf *out)
{
	(void)result;
	buf_add_str(out, "the daemon is shutting down\n");
}
