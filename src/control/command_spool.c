/*
 * Commands for what outputs keep on disk.
 *
 * The keeper's thread does them, main waits for it.
 */
#include <errno.h>
#include <string.h>
#include <time.h>

#include "base/clock.h"
#include "control/command.h"
#include "spool/keeper.h"

enum {
	FILES_DEFAULT = 100,
	FILES_MAX = 100000,
	LETTERS_DEFAULT = 20,
	LETTERS_MAX = 1000,
	LETTERS_OCTETS = 8 * 1024 * 1024, /* of a reply */
};

/* What the keeper is told, and tells. */
struct chore {
	struct command *command;
	const struct outlet *outlet;
	uint64_t limit, listed;
	uint64_t file;
	uint64_t events;
	int result;
};

static bool has_spool(const struct outlet *t)
{
	return t->feed.keeper != NULL && t->settings.keeper.spool.path != NULL;
}

static bool has_letters(const struct outlet *t)
{
	return t->feed.keeper != NULL &&
	       t->settings.keeper.dead_letters.path != NULL;
}

/* fn() for the output that is named, or for each that fits. */
static void each_outlet(struct command *c, bool (*fits)(const struct outlet *t),
	const char *what, void (*fn)(struct keeper *k, void *arg),
	uint64_t limit)
{
	const struct outlets *o = c->room->outlets;
	const struct outlet *only = NULL;

	if (json_object_get(c->request, "output") != NULL) {
		only = command_outlet(c, fits, what);
		if (only == NULL)
			return;
	}
	jbuf_open(&c->result, NULL, '{');
	jbuf_open(&c->result, "outputs", '[');
	for (size_t i = 0; i < o->n; i++) {
		struct chore e = {
			.command = c, .outlet = o->of[i], .limit = limit
		};

		if ((only == NULL || only == o->of[i]) && fits(o->of[i]))
			keeper_call(o->of[i]->feed.keeper, fn, &e);
	}
	jbuf_close(&c->result, ']');
	jbuf_close(&c->result, '}');
}

static void put_file(struct jbuf *j, const struct spool_file *f)
{
	time_t seconds = (time_t)(f->created_ns / NS_PER_S);
	struct tm tm;
	char text[32];

	gmtime_r(&seconds, &tm);
	strftime(text, sizeof(text), "%Y-%m-%dT%H:%M:%SZ", &tm);
	jbuf_open(j, NULL, '{');
	jbuf_u64(j, "file", f->number);
	jbuf_text(j, "created", text);
	jbuf_u64(j, "events", f->events);
	jbuf_u64(j, "bytes", f->bytes);
	jbuf_bool(j, "waits", f->waits);
	jbuf_close(j, '}');
}

static void list_files(struct keeper *k, void *arg)
{
	struct chore *e = arg;
	const struct spool *s = keeper_spool(k);
	const struct spool_usage *u = &e->outlet->feed.disk.usage;
	struct jbuf *j = &e->command->result;

	jbuf_open(j, NULL, '{');
	jbuf_text(j, "output", e->outlet->feed.settings.name);
	jbuf_text(j, "path", e->outlet->settings.keeper.spool.path);
	jbuf_u64(j, "files", atomic_load(&u->files));
	jbuf_u64(j, "events", atomic_load(&u->events));
	jbuf_u64(j, "bytes", atomic_load(&u->bytes));
	jbuf_bool(j, "refuses", atomic_load(&e->outlet->feed.disk.refuses));
	jbuf_open(j, "list", '[');
	for (const struct spool_file *f = spool_next(s, NULL);
		f != NULL && e->listed < e->limit; f = spool_next(s, f)) {
		put_file(j, f);
		e->listed++;
	}
	jbuf_close(j, ']');
	jbuf_close(j, '}');
}

void command_spool(struct command *c)
{
	uint64_t limit = FILES_DEFAULT;

	if (command_number(c, "limit", 0, FILES_MAX, &limit))
		each_outlet(c, has_spool, " with a spool", list_files, limit);
}

static void retry_disk(struct keeper *k, void *arg)
{
	(void)arg;
	keeper_retry(k);
}

void command_spool_replay(struct command *c)
{
	const struct outlet *t = command_outlet(c, has_spool, " with a spool");

	if (t == NULL)
		return;
	keeper_call(t->feed.keeper, retry_disk, NULL);
	jbuf_open(&c->result, NULL, '{');
	jbuf_text(&c->result, "output", t->feed.settings.name);
	jbuf_u64(&c->result, "events", atomic_load(&t->feed.disk.usage.events));
	jbuf_bool(&c->result, "paused", feed_is_paused(&t->feed));
	jbuf_close(&c->result, '}');
}

static void discard(struct keeper *k, void *arg)
{
	struct chore *e = arg;

	e->events = keeper_discard(k, e->file);
}

void command_spool_discard(struct command *c)
{
	const struct outlet *t = command_outlet(c, has_spool, " with a spool");
	struct chore e = { .command = c, .outlet = t };
	bool all = false;

	if (t == NULL || !command_number(c, "file", 1, INT64_MAX, &e.file) ||
		!command_flag(c, "all", &all))
		return;
	if ((e.file != 0) == all) {
		command_refuse(c,
			"give the number of a file, or all: the events are "
			"gone then",
			"what is to be discarded?");
		return;
	}
	keeper_call(t->feed.keeper, discard, &e);
	if (e.events == 0 && !all) {
		command_refuse(c, "list them: tapferryctl spool",
			"no file %llu waits in the spool of %s",
			(unsigned long long)e.file, t->feed.settings.name);
		return;
	}
	jbuf_open(&c->result, NULL, '{');
	jbuf_text(&c->result, "output", t->feed.settings.name);
	jbuf_u64(&c->result, "events", e.events);
	jbuf_close(&c->result, '}');
}

/* A line is JSON, unless somebody has been at the file. */
static int put_letter(void *arg, struct slice line)
{
	struct chore *e = arg;
	struct command *c = e->command;
	json_t *j;

	if (e->listed == e->limit || c->text.len > LETTERS_OCTETS)
		return 1;
	j = json_loadb((const char *)line.data, line.len, 0, NULL);
	if (j != NULL) {
		char *dump = json_dumps(j, JSON_COMPACT);

		if (dump != NULL)
			jbuf_raw(&c->result, NULL, dump);
		free(dump);
	} else {
		jbuf_slice(&c->result, NULL, line);
	}
	json_decref(j);
	e->listed++;
	return 0;
}

static void list_letters(struct keeper *k, void *arg)
{
	struct chore *e = arg;
	struct jbuf *j = &e->command->result;
	int r;

	jbuf_open(j, NULL, '{');
	jbuf_text(j, "output", e->outlet->feed.settings.name);
	jbuf_text(j, "path", e->outlet->settings.keeper.dead_letters.path);
	jbuf_open(j, "list", '[');
	r = dead_letters_each(keeper_dead_letters(k), put_letter, e);
	jbuf_close(j, ']');
	jbuf_u64(j, "listed", e->listed);
	jbuf_bool(j, "more", r > 0);
	jbuf_text(j, "error", r < 0 ? strerror(-r) : NULL);
	jbuf_close(j, '}');
}

void command_letters(struct command *c)
{
	uint64_t limit = LETTERS_DEFAULT;

	if (command_number(c, "limit", 0, LETTERS_MAX, &limit))
		each_outlet(c, has_letters, " with dead letters", list_letters,
			limit);
}

static void resend(struct keeper *k, void *arg)
{
	struct chore *e = arg;

	e->result = keeper_resend(k);
}

void command_letters_replay(struct command *c)
{
	const struct outlet *t =
		command_outlet(c, has_letters, " with dead letters");
	struct chore e = { .command = c };

	if (t == NULL)
		return;
	keeper_call(t->feed.keeper, resend, &e);
	if (e.result < 0) {
		command_refuse(c, "see the log, and the folder's permissions",
			"the dead letters of %s cannot be sent again: %s",
			t->feed.settings.name, strerror(-e.result));
		return;
	}
	jbuf_open(&c->result, NULL, '{');
	jbuf_text(&c->result, "output", t->feed.settings.name);
	jbuf_bool(&c->result, "resending", e.result == 0);
	jbuf_close(&c->result, '}');
}
