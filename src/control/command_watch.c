/*
 * Commands that look: the same JSON as the monitoring endpoint's.
 */
#include "base/clock.h"
#include "control/amendments.h"
#include "control/command.h"
#include "monitor/connections.h"
#include "monitor/snapshot.h"
#include "monitor/status.h"

static void refuse_memory(struct command *c)
{
	command_refuse(c, "try again later", "out of memory");
}

static void look(struct command *c,
	void (*write)(const struct snapshot *s, struct buf *out))
{
	struct snapshot s;

	if (snapshot_take(&s, c->room->view, &c->room->history) == 0)
		write(&s, &c->text);
	else
		refuse_memory(c);
	snapshot_deinit(&s);
}

void command_status(struct command *c)
{
	look(c, status_write);
}

void command_backends(struct command *c)
{
	look(c, status_write_backends);
}

static ssize_t read_connections(void *source, char *into, size_t max)
{
	return connections_read(source, into, max);
}

static void free_connections(void *source)
{
	connections_free(source);
}

void command_connections(struct command *c)
{
	uint64_t now = clock_mono_ns(&clock_system);
	uint64_t limit = CONNECTIONS_LIMIT_DEFAULT;
	enum census_key key = CENSUS_BY_RATE;
	struct census_list list = { 0 };
	struct connections *answer = NULL;
	const char *sort = NULL;

	if (!command_text(c, "sort", &sort) ||
		!command_number(c, "limit", 0, CONNECTIONS_LIMIT_MAX, &limit))
		return;
	if (sort != NULL && !census_key_parse(sort, &key)) {
		command_refuse(c, "give one of " CENSUS_KEY_NAMES,
			"connections cannot be sorted by %.64s", sort);
		return;
	}
	if (census_take(&c->room->census,
		    intake_registry(c->room->view->intake), key, limit, now,
		    &list) != 0 ||
		connections_new(&answer, c->room->view, &list, now) != 0) {
		free(list.entries);
		refuse_memory(c);
		return;
	}
	c->reply->read = read_connections;
	c->reply->free = free_connections;
	c->reply->source = answer;
}

void command_config(struct command *c)
{
	struct buf text = BUF_NULL;

	config_print(&(*c->room->edition)->config, &text);
	amendments_tell(c->room->outlets, &(*c->room->edition)->config,
		"# not as above: ", &text);
	jbuf_open(&c->result, NULL, '{');
	command_put_text(c, "text", buf_str(&text), text.len);
	jbuf_close(&c->result, '}');
	c->text.failed |= buf_failed(&text);
	buf_deinit(&text);
}
