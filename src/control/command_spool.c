/*
 * Commands for what outputs keep on disk.
 *
 * The keeper's thread does them.  Main waits for it, but no longer than a
 * moment: a disk may hang for ever, and the daemon has other things to do.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <urcu/compiler.h>

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

/* For all of a command's chores together. */
#define PATIENCE_NS (5 * NS_PER_S)

/* What the keeper is told, and tells. */
struct chore {
	struct keeper_chore head; /* first */
	/* of the output; its keeper outlives neither feed nor texts */
	const struct feed *feed;
	struct keeper_settings settings;
	uint64_t limit, listed;
	size_t room; /* octets that may be listed */
	uint64_t file;
	uint64_t events;
	int result;
	struct buf text;  /* what it lists: one value, in JSON */
	struct jbuf list; /* into text */
};

static void chore_free(struct keeper_chore *head)
{
	struct chore *e = caa_container_of(head, struct chore, head);

	buf_deinit(&e->text);
	free(e);
}

static struct chore *chore_of(struct keeper_chore *head)
{
	return caa_container_of(head, struct chore, head);
}

/* Return: NULL: it is refused. */
static struct chore *chore_new(struct command *c, const struct outlet *t,
	void (*act)(struct keeper *k, struct keeper_chore *head))
{
	struct chore *e = calloc(1, sizeof(*e));

	if (e == NULL) {
		command_refuse(c, "", "out of memory");
		return NULL;
	}
	keeper_chore_init(&e->head, act, chore_free);
	e->feed = &t->feed;
	e->settings = t->settings.keeper;
	e->text = BUF_NULL;
	e->list = JBUF_INIT(&e->text);
	return e;
}

static uint64_t patience_ends_ns(void)
{
	return clock_mono_ns(&clock_system) + PATIENCE_NS;
}

/* Has it done?  Return: true; false: it is refused, with words on the disk. */
static bool is_done(struct command *c, const struct outlet *t, struct chore *e,
	uint64_t end)
{
	int r = keeper_call(t->feed.keeper, &e->head, end);

	if (r != 0)
		command_refuse(c,
			r == KEEPER_E_LATE
				? "it goes on with it; look again later, and "
				  "after the disk"
				: "nothing was done; look after the disk, and "
				  "ask again later",
			"the disk of output %s does not answer",
			t->feed.settings.name);
	return r == 0;
}

/* Who has its files: what it was before, until that has left. */
static const struct outlet *holder(const struct outlet *t)
{
	return t->before != NULL ? t->before : t;
}

static bool has_spool(const struct outlet *t)
{
	const struct outlet *h = holder(t);

	return h->feed.keeper != NULL && h->settings.keeper.spool.path != NULL;
}

static bool has_letters(const struct outlet *t)
{
	const struct outlet *h = holder(t);

	return h->feed.keeper != NULL &&
	       h->settings.keeper.dead_letters.path != NULL;
}

/* Return: NULL: refused. */
static const struct outlet *named(struct command *c,
	bool (*fits)(const struct outlet *t), const char *what)
{
	const struct outlet *t = command_outlet(c, fits, what);

	return t != NULL ? holder(t) : NULL;
}

/* One output's value.  Return: false: refused. */
static bool list_one(struct command *c, const struct outlet *t,
	void (*fn)(struct keeper *k, struct keeper_chore *head), uint64_t limit,
	uint64_t end)
{
	struct chore *e = chore_new(c, t, fn);
	bool done;

	if (e == NULL)
		return false;
	e->limit = limit;
	e->room =
		LETTERS_OCTETS > c->text.len ? LETTERS_OCTETS - c->text.len : 0;
	done = is_done(c, t, e, end);
	if (done && !buf_failed(&e->text))
		jbuf_raw(&c->result, NULL, buf_str(&e->text));
	else
		c->text.failed |= done;
	keeper_chore_put(&e->head);
	return done;
}

/* fn() for the output that is named, or for each that fits. */
static void each_outlet(struct command *c, bool (*fits)(const struct outlet *t),
	const char *what,
	void (*fn)(struct keeper *k, struct keeper_chore *head), uint64_t limit)
{
	uint64_t end = patience_ends_ns();
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
		if ((only == NULL || only == o->of[i]) && fits(o->of[i]) &&
			!list_one(c, holder(o->of[i]), fn, limit, end))
			return;
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

static void list_files(struct keeper *k, struct keeper_chore *head)
{
	struct chore *e = chore_of(head);
	const struct spool *s = keeper_spool(k);
	const struct spool_usage *u = &e->feed->disk.usage;
	struct jbuf *j = &e->list;

	jbuf_open(j, NULL, '{');
	jbuf_text(j, "output", e->feed->settings.name);
	jbuf_text(j, "path", e->settings.spool.path);
	jbuf_u64(j, "files", atomic_load(&u->files));
	jbuf_u64(j, "events", atomic_load(&u->events));
	jbuf_u64(j, "bytes", atomic_load(&u->bytes));
	jbuf_bool(j, "refuses", atomic_load(&e->feed->disk.refuses));
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

static void retry_disk(struct keeper *k, struct keeper_chore *head)
{
	(void)head;
	keeper_retry(k);
}

void command_spool_replay(struct command *c)
{
	const struct outlet *t = named(c, has_spool, " with a spool");
	struct chore *e = t != NULL ? chore_new(c, t, retry_disk) : NULL;

	if (e == NULL)
		return;
	if (is_done(c, t, e, patience_ends_ns())) {
		jbuf_open(&c->result, NULL, '{');
		jbuf_text(&c->result, "output", t->feed.settings.name);
		jbuf_u64(&c->result, "events",
			atomic_load(&t->feed.disk.usage.events));
		jbuf_bool(&c->result, "paused", feed_is_paused(&t->feed));
		jbuf_close(&c->result, '}');
	}
	keeper_chore_put(&e->head);
}

static void discard(struct keeper *k, struct keeper_chore *head)
{
	struct chore *e = chore_of(head);

	e->events = keeper_discard(k, e->file);
}

static void tell_discarded(
	struct command *c, const struct outlet *t, const struct chore *e)
{
	if (e->events == 0 && e->file != 0) {
		command_refuse(c, "list them: tapferryctl spool",
			"no file %llu waits in the spool of %s",
			(unsigned long long)e->file, t->feed.settings.name);
		return;
	}
	jbuf_open(&c->result, NULL, '{');
	jbuf_text(&c->result, "output", t->feed.settings.name);
	jbuf_u64(&c->result, "events", e->events);
	jbuf_close(&c->result, '}');
}

void command_spool_discard(struct command *c)
{
	const struct outlet *t = named(c, has_spool, " with a spool");
	struct chore *e;
	uint64_t file = 0;
	bool all = false;

	if (t == NULL || !command_number(c, "file", 1, INT64_MAX, &file) ||
		!command_flag(c, "all", &all))
		return;
	if ((file != 0) == all) {
		command_refuse(c,
			"give the number of a file as tapferryctl spool lists "
			"it, or --all: its events are gone then",
			"what is to be discarded?");
		return;
	}
	e = chore_new(c, t, discard);
	if (e == NULL)
		return;
	e->file = file;
	if (is_done(c, t, e, patience_ends_ns()))
		tell_discarded(c, t, e);
	keeper_chore_put(&e->head);
}

/* A line is JSON, unless somebody has been at the file. */
static int put_letter(void *arg, struct slice line)
{
	struct chore *e = arg;
	json_t *j;

	if (e->listed == e->limit || e->text.len > e->room)
		return 1;
	j = json_loadb((const char *)line.data, line.len, 0, NULL);
	if (j != NULL) {
		char *dump = json_dumps(j, JSON_COMPACT);

		if (dump != NULL)
			jbuf_raw(&e->list, NULL, dump);
		free(dump);
	} else {
		jbuf_slice(&e->list, NULL, line);
	}
	json_decref(j);
	e->listed++;
	return 0;
}

static void list_letters(struct keeper *k, struct keeper_chore *head)
{
	struct chore *e = chore_of(head);
	struct jbuf *j = &e->list;
	int r;

	jbuf_open(j, NULL, '{');
	jbuf_text(j, "output", e->feed->settings.name);
	jbuf_text(j, "path", e->settings.dead_letters.path);
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

static void resend(struct keeper *k, struct keeper_chore *head)
{
	struct chore *e = chore_of(head);

	e->result = keeper_resend(k);
}

static void tell_resending(
	struct command *c, const struct outlet *t, const struct chore *e)
{
	if (e->result < 0) {
		command_refuse(c, "see the log, and the folder's permissions",
			"the dead letters of %s cannot be sent again: %s",
			t->feed.settings.name, strerror(-e->result));
		return;
	}
	jbuf_open(&c->result, NULL, '{');
	jbuf_text(&c->result, "output", t->feed.settings.name);
	jbuf_bool(&c->result, "resending", e->result == 0);
	jbuf_close(&c->result, '}');
}

void command_letters_replay(struct command *c)
{
	const struct outlet *t = named(c, has_letters, " with dead letters");
	struct chore *e = t != NULL ? chore_new(c, t, resend) : NULL;

	if (e == NULL)
		return;
	if (is_done(c, t, e, patience_ends_ns()))
		tell_resending(c, t, e);
	keeper_chore_put(&e->head);
}
