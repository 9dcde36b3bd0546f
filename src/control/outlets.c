#include "control/outlets.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/log.h"
#include "control/difference.h"
#include "control/report.h"

enum { ERROR_MAX = 512 };

/* how soon an output that could not be started is tried again */
#define START_RETRY_NS (5 * NS_PER_S)

/* No output runs: nothing is of them any more. */
static void let_editions_go(struct outlet *t)
{
	while (t->n_held > 0)
		edition_put(t->held[--t->n_held]);
	t->of_output = edition_put(t->of_output);
}

static struct outlet *outlet_free(struct outlet *t)
{
	feed_deinit(&t->feed);
	edition_put(t->of_feed);
	let_editions_go(t);
	edition_put(t->next);
	free(t);
	return NULL;
}

/* Without an output. */
static int outlet_new(struct outlet **tp, struct edition *e, size_t index)
{
	const struct output_settings *s = &e->config.outputs[index];
	struct outlet *t = calloc(1, sizeof(*t));
	int r;

	if (t == NULL)
		return -ENOMEM;
	r = feed_init(&t->feed, &s->feed, e->config.intake.workers,
		output_senders(s));
	if (r != 0) {
		free(t);
		return r;
	}
	t->settings = *s;
	t->index = index;
	t->of_feed = edition_get(e);
	t->of_output = edition_get(e);
	*tp = t;
	return 0;
}

static int outlet_start(struct outlet *t, char *error, size_t cap)
{
	return output_start(&t->output, &t->settings, &t->feed, error, cap);
}

/* The one that is for this output, and what is to be another with it. */
static struct outlet *find(const struct outlets *o, const struct edition *e,
	size_t index, unsigned *differs)
{
	const char *name = e->config.outputs[index].feed.name;

	for (size_t i = 0; i < o->n; i++) {
		struct outlet *t = o->of[i];

		if (strcmp(t->feed.settings.name, name) != 0)
			continue;
		*differs = difference_of_outputs(
			&t->of_output->config, t->index, &e->config, index);
		return t;
	}
	return NULL;
}

static int allocate(struct outlets *next, const struct outlets *now, size_t n)
{
	*next = OUTLETS_NULL;
	next->of = calloc(n + 1, sizeof(struct outlet *));
	next->feeds = calloc(n + 1, sizeof(struct feed *));
	next->leaving =
		calloc(now->n_leaving + now->n + 1, sizeof(struct outlet *));
	return next->of == NULL || next->feeds == NULL || next->leaving == NULL
		       ? -ENOMEM
		       : 0;
}

static void free_arrays(struct outlets *o)
{
	free(o->of);
	free(o->feeds);
	free(o->leaving);
	*o = OUTLETS_NULL;
}

int outlets_prepare(const struct outlets *now, struct outlets *next,
	struct edition *e, char *error, size_t cap)
{
	const struct config *c = &e->config;
	int r = allocate(next, now, c->n_outputs);

	snprintf(error, cap, "out of memory");
	for (size_t i = 0; r == 0 && i < c->n_outputs; i++) {
		unsigned differs = DIFFERS_FEED;
		struct outlet *had = find(now, e, i, &differs), *t = had;

		if (had == NULL || differs & (DIFFERS_FEED | DIFFERS_KEEPER))
			r = outlet_new(&t, e, i);
		if (r == 0 && had != NULL && t != had) /* stays paused */
			feed_pause(&t->feed, feed_is_paused(&had->feed));
		if (r == 0) {
			next->of[next->n] = t;
			next->feeds[next->n++] = &t->feed;
		}
		if (r != 0 || t == had)
			continue;
		if (had != NULL && !output_is_shareable(&had->settings))
			t->before = had;
		else
			r = outlet_start(t, error, cap);
	}
	if (r != 0)
		outlets_abandon(now, next);
	return r;
}

static bool has(const struct outlets *o, const struct outlet *t)
{
	for (size_t i = 0; i < o->n; i++)
		if (o->of[i] == t)
			return true;
	return false;
}

static void end_outlet(struct outlet *t)
{
	feed_close(&t->feed);
	if (t->output != NULL) {
		output_cut(t->output);
		t->output = output_free(t->output);
		if (t->next == NULL)
			return; /* it has seen to the rest */
	}
	output_end_feed(&t->feed);
}

void outlets_abandon(const struct outlets *now, struct outlets *next)
{
	for (size_t i = 0; i < next->n; i++) {
		if (has(now, next->of[i]))
			continue;
		end_outlet(next->of[i]);
		outlet_free(next->of[i]);
	}
	free_arrays(next);
}

int outlets_start(struct outlets *o, struct edition *e, char *error, size_t cap)
{
	const struct outlets none = OUTLETS_NULL;

	return outlets_prepare(&none, o, e, error, cap);
}

/* Its place is taken by another, or nobody names it any more. */
static void let_go(
	struct outlet *t, const struct outlets *next, uint64_t drain_ns)
{
	bool awaited = false, named = false;

	for (size_t i = 0; i < next->n; i++) {
		awaited |= next->of[i]->before == t;
		named |= strcmp(next->of[i]->feed.settings.name,
				 t->feed.settings.name) == 0;
	}
	atomic_store(&t->feed.left, true);
	feed_close(&t->feed);
	/* a file has it in no time, a spool takes it over; the events of one
	 * whose name goes on wait for its backends as they would have */
	output_drain(t->output, named && !awaited ? UINT64_MAX : drain_ns);
}

/* Its output is to be another, as soon as it has finished what it is at. */
static void change_output(struct outlet *t, struct edition *e, size_t index)
{
	t->next = edition_get(e);
	t->next_index = index;
	output_halt(t->output);
}

/*
 * Its backends are to be others; those that stay keep their state.  They keep
 * the edition they came with, too, so after some changes the output is made
 * anew.  Return: done?
 */
static bool change_backends(struct outlet *t, struct edition *e, size_t index)
{
	const struct remote_settings *s = &e->config.outputs[index].remote;

	if (t->n_held == OUTLET_HELD_MAX ||
		output_backends_set(t->output, s->backends, s->n_backends) != 0)
		return false;
	t->held[t->n_held++] = t->of_output;
	t->of_output = edition_get(e);
	t->index = index;
	return true;
}

void outlets_commit(struct outlets *now, struct outlets *next,
	struct edition *e, uint64_t drain_ns)
{
	for (size_t i = 0; i < next->n; i++) {
		unsigned differs = 0;

		if (find(now, e, i, &differs) != next->of[i] || differs == 0)
			continue;
		if (differs != DIFFERS_BACKENDS ||
			!change_backends(next->of[i], e, i))
			change_output(next->of[i], e, i);
	}
	memcpy(next->leaving, now->leaving,
		now->n_leaving * sizeof(struct outlet *));
	next->n_leaving = now->n_leaving;
	for (size_t i = 0; i < now->n; i++) {
		if (has(next, now->of[i]))
			continue;
		let_go(now->of[i], next, drain_ns);
		next->leaving[next->n_leaving++] = now->of[i];
	}
	free_arrays(now);
	*now = *next;
	*next = OUTLETS_NULL;
}

/* The one it waits for has left, or was none. */
static void forget(struct outlets *o, const struct outlet *gone)
{
	for (size_t i = 0; i < o->n; i++)
		if (o->of[i]->before == gone)
			o->of[i]->before = NULL;
}

static void free_left(struct outlets *o, const struct stat_set *intake)
{
	size_t kept = 0;

	for (size_t i = 0; i < o->n_leaving; i++) {
		struct outlet *t = o->leaving[i];
		struct feed *feed = &t->feed;

		if (!output_ended(t->output)) {
			o->leaving[kept++] = t;
			continue;
		}
		end_outlet(t);
		report_ledger(intake, &feed, 1);
		forget(o, t);
		outlet_free(t);
	}
	o->n_leaving = kept;
}

static void start_due(struct outlet *t, uint64_t mono_ns)
{
	char error[ERROR_MAX];

	if (t->next != NULL) {
		t->settings = t->next->config.outputs[t->next_index];
		t->settings.feed = t->feed.settings;
		t->index = t->next_index;
		let_editions_go(t);
		t->of_output = t->next;
		t->next = NULL;
	}
	if (outlet_start(t, error, sizeof(error)) == 0)
		return;
	t->output = NULL;
	t->retry_ns = mono_ns + START_RETRY_NS;
	log_error(OUTPUT_START_FAILED,
		"the output does not start; events wait for it",
		"output=%s retry_seconds=%u reason=\"%s\"",
		t->feed.settings.name, (unsigned)(START_RETRY_NS / NS_PER_S),
		error);
}

static bool has_ended_for_next(const struct outlet *t)
{
	return t->next != NULL && t->output != NULL && output_ended(t->output);
}

static bool is_due(const struct outlet *t, uint64_t mono_ns)
{
	return t->output == NULL && t->before == NULL && mono_ns >= t->retry_ns;
}

bool outlets_have_news(const struct outlets *o, uint64_t mono_ns)
{
	for (size_t i = 0; i < o->n_leaving; i++)
		if (output_ended(o->leaving[i]->output))
			return true;
	for (size_t i = 0; i < o->n; i++)
		if (has_ended_for_next(o->of[i]) || is_due(o->of[i], mono_ns))
			return true;
	return false;
}

bool outlets_tend(
	struct outlets *o, const struct stat_set *intake, uint64_t mono_ns)
{
	bool busy;

	free_left(o, intake);
	busy = o->n_leaving != 0;
	for (size_t i = 0; i < o->n; i++) {
		struct outlet *t = o->of[i];

		if (has_ended_for_next(t))
			t->output = output_free(t->output);
		if (is_due(t, mono_ns))
			start_due(t, mono_ns);
		busy |= t->output == NULL || t->next != NULL;
	}
	return busy;
}

bool outlets_settled(const struct outlets *o)
{
	for (size_t i = 0; i < o->n; i++)
		if (o->of[i]->output == NULL || o->of[i]->next != NULL)
			return false;
	return true;
}

static void for_each(const struct outlets *o,
	void (*act)(struct outlet *t, uint64_t arg), uint64_t arg)
{
	for (size_t i = 0; i < o->n; i++)
		act(o->of[i], arg);
	for (size_t i = 0; i < o->n_leaving; i++)
		act(o->leaving[i], arg);
}

static void rotate_one(struct outlet *t, uint64_t arg)
{
	(void)arg;
	if (t->output != NULL)
		output_rotate(t->output);
}

void outlets_rotate(const struct outlets *o)
{
	for_each(o, rotate_one, 0);
}

static void drain_one(struct outlet *t, uint64_t deadline_ns)
{
	feed_close(&t->feed);
	if (t->output != NULL)
		output_drain(t->output, deadline_ns);
}

void outlets_drain(const struct outlets *o, uint64_t mono_deadline_ns)
{
	for_each(o, drain_one, mono_deadline_ns);
}

static void cut_one(struct outlet *t, uint64_t arg)
{
	(void)arg;
	feed_cut(&t->feed);
	if (t->output != NULL)
		output_cut(t->output);
}

void outlets_cut(const struct outlets *o)
{
	for_each(o, cut_one, 0);
}

bool outlets_ended(const struct outlets *o)
{
	for (size_t i = 0; i < o->n; i++)
		if (o->of[i]->output != NULL && !output_ended(o->of[i]->output))
			return false;
	for (size_t i = 0; i < o->n_leaving; i++)
		if (!output_ended(o->leaving[i]->output))
			return false;
	return true;
}

void outlets_end(struct outlets *o)
{
	for (size_t i = 0; i < o->n; i++)
		end_outlet(o->of[i]);
	for (size_t i = 0; i < o->n_leaving; i++)
		end_outlet(o->leaving[i]);
}

void outlets_report(const struct outlets *o, const struct stat_set *intake)
{
	report_ledger(intake, o->feeds, o->n);
	for (size_t i = 0; i < o->n_leaving; i++) {
		struct feed *feed = &o->leaving[i]->feed;

		report_ledger(intake, &feed, 1);
	}
}

void outlets_deinit(struct outlets *o)
{
	for (size_t i = 0; i < o->n; i++)
		outlet_free(o->of[i]);
	for (size_t i = 0; i < o->n_leaving; i++)
		outlet_free(o->leaving[i]);
	free_arrays(o);
}
