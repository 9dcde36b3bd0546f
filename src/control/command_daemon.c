/*
 * Commands for the daemon as a whole and for its connections.
 */
#include <errno.h>
#include <string.h>

#include "base/log.h"
#include "control/command.h"
#include "control/reload.h"
#include "intake/registry.h"

static void put_closed(struct command *c, unsigned n)
{
	jbuf_open(&c->result, NULL, '{');
	jbuf_u64(&c->result, "closed", n);
	jbuf_close(&c->result, '}');
}

static void close_network(
	struct command *c, struct registry *r, const char *text)
{
	struct buf why = BUF_NULL;
	struct cidr network;

	if (cidr_parse(&network, text, &why) == 0)
		put_closed(c, registry_close_network(r, &network));
	else
		command_refuse(c, "give it as 192.0.2.0/24 or 2001:db8::1",
			"peer %.64s: %s", text, buf_str(&why));
	buf_deinit(&why);
}

void command_close(struct command *c)
{
	struct registry *r = intake_registry(c->room->view->intake);
	const char *peer = NULL;
	uint64_t id = 0;

	if (!command_number(c, "id", 1, INT64_MAX, &id) ||
		!command_text(c, "peer", &peer))
		return;
	if ((id != 0) == (peer != NULL))
		command_refuse(c, "give one of the two: id or peer",
			"which connection is to be closed?");
	else if (peer != NULL)
		close_network(c, r, peer);
	else if (registry_close(r, id))
		put_closed(c, 1);
	else
		command_refuse(c, "list them: tapferryctl connections",
			"there is no connection %llu", (unsigned long long)id);
}

void command_log_level(struct command *c)
{
	enum log_level level = LOG_LEVEL_DEBUG;
	const char *name = NULL;

	if (!command_text(c, "level", &name))
		return;
	if (name != NULL && !log_level_parse(name, &level)) {
		command_refuse(c, "give error, warning, info or debug",
			"%.64s is no level", name);
		return;
	}
	if (name != NULL)
		log_set_level(level);
	while (!log_enabled(level))
		level--;
	jbuf_open(&c->result, NULL, '{');
	jbuf_text(&c->result, "level", log_level_name(level));
	jbuf_close(&c->result, '}');
}

void command_reload(struct command *c)
{
	struct command_room *room = c->room;
	struct buf said = BUF_NULL;
	int r = room->reload(room->daemon, &said);
	const char *line = buf_str(&said);

	if (r == RELOAD_E_UNSETTLED)
		command_refuse(c, "try again in a moment", "%s", line);
	else if (r != 0)
		command_refuse(c,
			"until that is mended the daemon goes on as it was",
			r == -EINVAL ? "the configuration is wrong"
				     : "the configuration cannot be taken up");
	if (r < 0)
		buf_add_str(&c->problems, line);
	if (r != 0) {
		buf_deinit(&said);
		return;
	}
	jbuf_open(&c->result, NULL, '{');
	jbuf_open(&c->result, "notes", '[');
	while (*line != '\0') {
		size_t len = strcspn(line, "\n");

		command_put_text(c, NULL, line, len);
		line += len + (line[len] != '\0');
	}
	jbuf_close(&c->result, ']');
	jbuf_close(&c->result, '}');
	buf_deinit(&said);
}

void command_shutdown(struct command *c)
{
	bool now = false;

	if (command_flag(c, "now", &now))
		c->room->shutdown(c->room->daemon, now);
}
