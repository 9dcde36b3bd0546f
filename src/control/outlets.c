#include "control/outlets.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/log.h"
#include "control/departure.h"
#include "control/difference.h"
#include "control/report.h"
#include "deliver/places.h"
#include "spool/keeper.h"

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

/* Must it be a new outlet, beside the one there is or after it? */
static bool takes_another(const struct outlet *had, unsigned differs,
	const struct feed_settings *next)
{
	const struct feed_settings *now = &had->feed.settings;

	/* what waits for one that did not start is for its successor */
	if (had->output == NULL && had->feed.keeper == NULL &&
		now->spool == next->spool &&
		now->spool_always == next->spool_always)
		return differs & DIFFERS_FEED;
	return differs & (DIFFERS_FEED | DIFFERS_KEEPER);
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
		const struct feed_settings *feed = &c->outputs[i].feed;
		bool anew;

		if (had != NULL && differs != 0)
			r = places_check(
				&c->outputs[i], &had->settings, error, cap);
		if (r != 0)
			break;
		anew = had == NULL || takes_another(had, differs, feed);
		if (anew)
			r = departure_check(now, feed->name, had, error, cap);
		if (anew && r == 0)
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

void outlets_abandon(const struct outlets *now, struct outlets *next)
{
	for (size_t i = 0; i < next->n; i++) {
		if (has(now, next->of[i]))
			continue;
		if (next->of[i]->output != NULL)
			output_take_back(next->of[i]->output);
		outlet_end(next->of[i]);
		outlet_free(next->of[i]);
	}
	free_arrays(next);
}

int outlets_new(struct outlets *o, struct edition *e)
{
	const struct outlets none = OUTLETS_NULL;
	int r = allocate(o, &none, e->config.n_outputs);

	for (size_t i = 0; r == 0 && i < e->config.n_outputs; i++) {
		r = outlet_new(&o->of[i], e, i);
		if (r != 0)
			break;
		o->feeds[i] = &o->of[i]->feed;
		o->n++;
	}
	return r;
}

int outlets_start(struct outlets *o, char *error, size_t cap)
{
	int r = 0;

	for (size_t i = 0; r == 0 && i < o->n; i++)
		r = outlet_start(o->of[i], error, cap);
	return r;
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
	/* a spool takes it over, a file has it in no time; the events of one
	 * whose name goes on wait for its backends as they would have */
	if (t->output == NULL)
		return;
	if (awaited && t->feed.settings.spool)
		output_hand_over(t->output, drain_ns);
	else
		output_drain(t->output,
			named && !awaited ? UINT64_MAX : drain_ns, false);
}

void outlets_commit(struct outlets *now, struct outlets *next,
	struct edition *e, uint64_t drain_ns)
{
	for (size_t i = 0; i < next->n; i++) {
		unsigned differs = 0;

		if (find(now, e, i, &differs) == next->of[i])
			outlet_follow(next->of[i], e, i, differs);
	}
	memcpy(next->leaving, now->leaving,
		now->n_leaving * sizeof(struct outlet *));
	next->n_leaving = now->n_leaving;
	for (size_t i = 0; i < now->n; i++) {
		if (has(next, now->of[i]))
			continue;
		past_follow(next->feeds, next->n, now->feeds[i]);
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

		if (!outlet_has_ended(t)) {
			o->leaving[kept++] = t;
			continue;
		}
		outlet_end(t);
		report_ledger(intake, &feed, 1);
		past_keep(o->feeds, o->n, feed, intake);
		forget(o, t);
		outlet_free(t);
	}
	o->n_leaving = kept;
}

bool outlets_have_news(const struct outlets *o, uint64_t mono_ns)
{
	for (size_t i = 0; i < o->n_leaving; i++)
		if (outlet_has_ended(o->leaving[i]))
			return true;
	for (size_t i = 0; i < o->n; i++)
		if (outlet_has_halted(o->of[i]) ||
			outlet_is_due(o->of[i], mono_ns))
			return true;
	return false;
}

void outlets_tend(
	struct outlets *o, const struct stat_set *intake, uint64_t mono_ns)
{
	free_left(o, intake);
	for (size_t i = 0; i < o->n; i++) {
		struct outlet *t = o->of[i];

		if (outlet_has_halted(t))
			t->output = output_free(t->output);
		if (outlet_is_due(t, mono_ns))
			outlet_start_due(t, mono_ns);
	}
}

bool outlets_settled(const struct outlets *o)
{
	for (size_t i = 0; i < o->n; i++)
		if (!outlet_is_settled(o->of[i]))
			return false;
	return true;
}

bool outlets_are_busy(const struct outlets *o)
{
	for (size_t i = 0; i < o->n; i++)
		if (o->of[i]->output == NULL || o->of[i]->next != NULL)
			return true;
	return o->n_leaving != 0;
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

static void hurry_one(struct outlet *t, uint64_t arg)
{
	if (t->next != NULL && t->output != NULL)
		output_halt(t->output, arg);
}

void outlets_hurry(const struct outlets *o)
{
	for_each(o, hurry_one, 0);
}

static void drain_one(struct outlet *t, uint64_t deadline_ns)
{
	feed_close(&t->feed);
	if (t->output != NULL)
		output_drain(t->output, deadline_ns, true);
}

void outlets_drain(const struct outlets *o, uint64_t mono_deadline_ns)
{
	for_each(o, drain_one, mono_deadline_ns);
}

static void give_up_one(struct outlet *t, uint64_t arg)
{
	(void)arg;
	feed_cut(&t->feed);
	if (t->output != NULL)
		output_give_up(t->output);
}

void outlets_give_up(const struct outlets *o)
{
	for_each(o, give_up_one, 0);
}

static void cut_one(struct outlet *t, uint64_t arg)
{
	(void)arg;
	feed_cut(&t->feed);
	if (t->output != NULL)
		output_cut(t->output);
	else if (t->feed.keeper != NULL)
		keeper_cut(t->feed.keeper);
}

void outlets_cut(const struct outlets *o)
{
	for_each(o, cut_one, 0);
}

bool outlets_ended(const struct outlets *o)
{
	for (size_t i = 0; i < o->n; i++)
		if (!outlet_has_ended(o->of[i]))
			return false;
	for (size_t i = 0; i < o->n_leaving; i++)
		if (!outlet_has_ended(o->leaving[i]))
			return false;
	return true;
}

void outlets_end(struct outlets *o)
{
	for (size_t i = 0; i < o->n; i++)
		outlet_end(o->of[i]);
	for (size_t i = 0; i < o->n_leaving; i++)
		outlet_end(o->leaving[i]);
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
