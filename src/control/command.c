#include "control/command.h"

#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"

/* What goes to the log: what changes something, and what does so when it is
 * told to what. */
enum change { LOOKS, CHANGES, CHANGES_IF_TOLD };

static const struct row {
	const char *name;
	void (*run)(struct command *c);
	const char *parameters; /* separated by spaces */
	enum change change;
	bool while_draining;
} rows[] = {
	{ "status", command_status, "", LOOKS, true },
	{ "backends", command_backends, "", LOOKS, true },
	{ "backends.add", command_backend_add, "output url weight", CHANGES,
		false },
	{ "backends.remove", command_backend_remove, "output url", CHANGES,
		false },
	{ "backends.drain", command_backend_drain, "output url", CHANGES,
		false },
	{ "backends.enable", command_backend_enable, "output url", CHANGES,
		false },
	{ "backends.disable", command_backend_disable, "output url", CHANGES,
		false },
	{ "backends.weight", command_backend_weight, "output url weight",
		CHANGES, false },
	{ "config", command_config, "", LOOKS, true },
	{ "connections", command_connections, "sort limit", LOOKS, true },
	{ "connections.close", command_close, "id peer", CHANGES, true },
	{ "dead-letters", command_letters, "output limit", LOOKS, false },
	{ "dead-letters.replay", command_letters_replay, "output", CHANGES,
		false },
	{ "log-level", command_log_level, "level", CHANGES_IF_TOLD, true },
	{ "outputs.flush", command_flush, "output", CHANGES, false },
	{ "outputs.pause", command_pause, "output", CHANGES, false },
	{ "outputs.resume", command_resume, "output", CHANGES, false },
	{ "reload", command_reload, "", CHANGES, false },
	{ "shutdown", command_shutdown, "now", CHANGES, true },
	{ "spool", command_spool, "output limit", LOOKS, false },
	{ "spool.discard", command_spool_discard, "output file all", CHANGES,
		false },
	{ "spool.replay", command_spool_replay, "output", CHANGES, false },
};

enum { N_ROWS = sizeof(rows) / sizeof(rows[0]) };

void command_refuse(
	struct command *c, const char *cure, const char *format, ...)
{
	va_list ap;

	if (c->error.len != 0)
		return; /* the first one it is */
	va_start(ap, format);
	buf_vprintf(&c->error, format, ap);
	va_end(ap);
	buf_add_str(&c->cure, cure);
}

bool command_text(struct command *c, const char *key, const char **value)
{
	const json_t *j = json_object_get(c->request, key);

	if (j == NULL)
		return true;
	if (json_is_string(j) && *json_string_value(j) != '\0') {
		*value = json_string_value(j);
		return true;
	}
	command_refuse(c, "give it as a string with something in it",
		"%s is no text", key);
	return false;
}

bool command_number(struct command *c, const char *key, uint64_t min,
	uint64_t max, uint64_t *value)
{
	const json_t *j = json_object_get(c->request, key);
	json_int_t n = json_integer_value(j);

	if (j == NULL)
		return true;
	if (json_is_integer(j) && n >= 0 && (uint64_t)n >= min &&
		(uint64_t)n <= max) {
		*value = (uint64_t)n;
		return true;
	}
	command_refuse(c, "give a whole number in that range",
		"%s is no number from %llu to %llu", key,
		(unsigned long long)min, (unsigned long long)max);
	return false;
}

bool command_flag(struct command *c, const char *key, bool *value)
{
	const json_t *j = json_object_get(c->request, key);

	if (j == NULL)
		return true;
	if (json_is_boolean(j)) {
		*value = json_boolean_value(j);
		return true;
	}
	command_refuse(c, "give true or false", "%s is no boolean", key);
	return false;
}

struct outlet *command_outlet(struct command *c,
	bool (*fits)(const struct outlet *t), const char *what)
{
	const struct outlets *o = c->room->outlets;
	struct outlet *found = NULL;
	const char *name = NULL;
	unsigned n = 0;

	if (!command_text(c, "output", &name))
		return NULL;
	for (size_t i = 0; i < o->n; i++) {
		struct outlet *t = o->of[i];

		if (name != NULL && strcmp(t->feed.settings.name, name) != 0)
			continue;
		if (fits != NULL && !fits(t))
			continue;
		found = t;
		n++;
	}
	if (n == 1) {
		c->outlet = found;
		return found;
	}
	if (name != NULL)
		command_refuse(c, "list them: tapferryctl outputs",
			"there is no output %s%s", name, what);
	else if (n == 0)
		command_refuse(c, "list them: tapferryctl outputs",
			"there is no output%s", what);
	else
		command_refuse(c,
			"name one of those that tapferryctl outputs lists",
			"there are %u outputs%s", n, what);
	return NULL;
}

void command_put_text(
	struct command *c, const char *key, const char *text, size_t len)
{
	json_t *j = json_stringn(text, len);
	struct buf plain = BUF_NULL;
	char *dump;

	if (j == NULL) { /* no UTF-8: paths may have any octets */
		buf_add(&plain, text, len);
		for (size_t i = 0; i < plain.len; i++)
			if ((unsigned char)plain.data[i] >= 0x80)
				plain.data[i] = '?';
		j = json_stringn(buf_str(&plain), plain.len);
		buf_deinit(&plain);
	}
	dump = json_dumps(j, JSON_ENCODE_ANY | JSON_COMPACT);
	if (dump == NULL)
		c->text.failed = true;
	else
		jbuf_raw(&c->result, key, dump);
	free(dump);
	json_decref(j);
}

bool command_takes(const char *parameters, const char *key)
{
	size_t len = strlen(key);

	for (const char *p = parameters; *p != '\0';) {
		size_t n = strcspn(p, " ");

		if (n == len && memcmp(p, key, n) == 0)
			return true;
		p += n + (p[n] != '\0');
	}
	return false;
}

static bool check_parameters(struct command *c, const struct row *row)
{
	const char *key;
	json_t *value;

	json_object_foreach((json_t *)c->request, key, value)
	{
		if (strcmp(key, "v") == 0 || strcmp(key, "command") == 0 ||
			command_takes(row->parameters, key))
			continue;
		command_refuse(c,
			*row->parameters != '\0' ? row->parameters
						 : "it takes none",
			"%s has no parameter %.64s", row->name, key);
		return false;
	}
	return true;
}

static const struct row *find_row(struct command *c)
{
	const json_t *v = json_object_get(c->request, "v");
	const char *name =
		json_string_value(json_object_get(c->request, "command"));

	if (!json_is_integer(v) || json_integer_value(v) != COMMAND_VERSION) {
		command_refuse(c, "send \"v\":1",
			"this daemon speaks version 1 of the protocol");
		return NULL;
	}
	if (name == NULL) {
		command_refuse(c, "send {\"v\":1,\"command\":\"status\"}",
			"there is no command in the request");
		return NULL;
	}
	for (size_t i = 0; i < N_ROWS; i++)
		if (strcmp(rows[i].name, name) == 0)
			return &rows[i];
	command_refuse(c, "see tapferryctl(1) for the list",
		"there is no command %.64s", name);
	return NULL;
}

static bool is_change(const struct command *c, const struct row *row)
{
	return row->change == CHANGES ||
	       (row->change == CHANGES_IF_TOLD &&
		       json_object_size(c->request) > 2);
}

static void run_row(struct command *c, const struct row *row)
{
	if (!check_parameters(c, row))
		return;
	if (c->room->draining && !row->while_draining)
		command_refuse(c, "start it again first",
			"the daemon is shutting down");
	else
		row->run(c);
}

static void run(struct command *c, const struct control_peer *peer)
{
	const struct row *row = find_row(c);
	bool shown = log_enabled(LOG_LEVEL_INFO);

	if (row == NULL)
		return;
	run_row(c, row);
	if (is_change(c, row))
		command_log(c, row->name, row->parameters, peer, shown);
}

static void put_problems(struct jbuf *j, const struct buf *problems)
{
	const char *line = buf_str(problems);

	if (*line == '\0')
		return;
	jbuf_open(j, "problems", '[');
	while (*line != '\0') {
		size_t len = strcspn(line, "\n");

		jbuf_slice(j, NULL, slice_from((const uint8_t *)line, len));
		line += len + (line[len] != '\0');
	}
	jbuf_close(j, ']');
}

static void put_refusal(struct command *c, struct buf *out)
{
	struct jbuf j = JBUF_INIT(out);

	jbuf_open(&j, NULL, '{');
	jbuf_u64(&j, "v", COMMAND_VERSION);
	jbuf_bool(&j, "ok", false);
	jbuf_text(&j, "error", buf_str(&c->error));
	jbuf_text(&j, "cure", buf_str(&c->cure));
	put_problems(&j, &c->problems);
	jbuf_close(&j, '}');
}

static void put_result(struct command *c, struct control_reply *reply)
{
	buf_add_str(&reply->text, "{\"v\":1,\"ok\":true,\"result\":");
	if (reply->read != NULL) {
		reply->rest = "}";
		return;
	}
	for (size_t i = 0; i < c->text.len; i++)
		if (c->text.data[i] == '\n')
			c->text.data[i] = ' ';
	buf_add_str(&reply->text, c->text.len != 0 ? buf_str(&c->text) : "{}");
	buf_add_str(&reply->text, "}");
	reply->text.failed |= buf_failed(&c->text);
}

void command_answer(void *arg, const struct control_peer *peer,
	struct slice line, struct control_reply *reply)
{
	struct command c = { .room = arg, .reply = reply };
	json_error_t why;
	json_t *request = json_loadb((const char *)line.data, line.len,
		JSON_REJECT_DUPLICATES, &why);

	c.request = request;
	c.result = JBUF_INIT(&c.text);
	if (!json_is_object(request))
		command_refuse(&c,
			"send one object a line: "
			"{\"v\":1,\"command\":\"status\"}",
			"the request is no JSON object%s%.128s",
			request == NULL ? ": " : "",
			request == NULL ? why.text : "");
	else
		run(&c, peer);
	if (c.error.len != 0)
		put_refusal(&c, &reply->text);
	else
		put_result(&c, reply);
	json_decref(request);
	buf_deinit(&c.text);
	buf_deinit(&c.error);
	buf_deinit(&c.cure);
	buf_deinit(&c.problems);
	buf_deinit(&c.url);
}
