/*
 * The log's line for a command, CONTROL_COMMAND: what, by whom, and whether it
 * was done.
 */
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "base/log_pairs.h"
#include "control/command.h"

static void add_pair(
	struct buf *pairs, const char *key, const char *value, size_t len)
{
	char text[256];

	buf_add_str(pairs, " ");
	buf_add(pairs, text,
		log_pair_format(text, sizeof(text), key, value, len));
}

/* A URL that may have a password in it; no backend has such a one. */
static bool has_user(const struct command *c)
{
	const char *url = json_string_value(json_object_get(c->request, "url"));

	return url != NULL && strchr(url, '@') != NULL;
}

/* The parameters: the output and the URL that were meant, the others as they
 * were given. */
static void add_parameters(
	struct buf *pairs, const struct command *c, const char *parameters)
{
	const char *key;
	json_t *value;

	if (c->outlet != NULL)
		add_pair(pairs, "output", c->outlet->feed.settings.name,
			strlen(c->outlet->feed.settings.name));
	if (c->url.len != 0)
		add_pair(pairs, "url", buf_str(&c->url), c->url.len);
	json_object_foreach((json_t *)c->request, key, value)
	{
		char *dump;

		if (!command_takes(parameters, key) ||
			(strcmp(key, "output") == 0 && c->outlet != NULL) ||
			(strcmp(key, "url") == 0 &&
				(c->url.len != 0 || has_user(c))))
			continue;
		if (json_is_string(value)) {
			add_pair(pairs, key, json_string_value(value),
				json_string_length(value));
			continue;
		}
		dump = json_dumps(value, JSON_ENCODE_ANY | JSON_COMPACT);
		if (dump != NULL)
			add_pair(pairs, key, dump, strlen(dump));
		free(dump);
	}
}

void command_log(const struct command *c, const char *name,
	const char *parameters, const struct control_peer *peer, bool shown)
{
	struct buf pairs = BUF_NULL;

	if (!shown && !log_enabled(LOG_LEVEL_INFO))
		return;
	add_parameters(&pairs, c, parameters);
	if (c->error.len == 0)
		log_always(LOG_LEVEL_INFO, CONTROL_COMMAND,
			"done, as the control socket was asked",
			"command=%s %s uid=%ld pid=%ld", name, buf_str(&pairs),
			(long)peer->uid, (long)peer->pid);
	else
		log_always(LOG_LEVEL_INFO, CONTROL_COMMAND,
			"the control socket was asked for it, and refused",
			"command=%s %s uid=%ld pid=%ld reason=\"%s\"", name,
			buf_str(&pairs), (long)peer->uid, (long)peer->pid,
			has_user(c) ? "the url has a user or password"
				    : buf_str(&c->error));
	buf_deinit(&pairs);
}
