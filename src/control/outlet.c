#include "control/outlet.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/log.h"
#include "control/difference.h"

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

struct outlet *outlet_free(struct outlet *t)
{
	feed_deinit(&t->feed);
	edition_put(t->of_feed);
	edition_put(t->of_keeper);
	let_editions_go(t);
	edition_put(t->next);
	free(t);
	return NULL;
}

int outlet_new(struct outlet **tp, struct edition *e, size_t index)
{
	const struct output_settings *s = &e->config.outputs[index];
	struct outlet *t = aligned_alloc(_Alignof(struct outlet), sizeof(*t));
	int r;

	if (t == NULL)
		return -ENOMEM;
	memset((void *)t, 0, sizeof(*t));
	r = feed_init(&t->feed, &s->feed, e->config.intake.workers,
		output_senders(s));
	if (r != 0) {
		free(t);
		return r;
	}
	t->settings = *s;
	t->index = index;
	t->of_feed = edition_get(e);
	t->of_keeper = edition_get(e);
	t->of_output = edition_get(e);
	*tp = t;
	return 0;
}

int outlet_start(struct outlet *t, char *error, size_t cap)
{
	return output_start(&t->output, &t->settings, &t->feed, error, cap);
}

void outlet_end(struct outlet *t)
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

/* It is to be made anew. */
static void change(struct outlet *t, struct edition *e, size_t index)
{
	t->next = edition_get(e);
	t->next_index = index;
	t->retry_ns = 0; /* of one that did not start */
	if (t->output != NULL)
		output_halt(t->output,
			clock_mono_ns(&clock_system) + e->config.drain_ns);
}

/*
 * Its backends are to be others; those that stay keep their state.  They keep
 * the edition they came with, too, so after some changes the output is made
 * anew.  Return: done?
 */
static bool change_backends(struct outlet *t, struct edition *e, size_t index)
{
	const struct remote_settings *s = &e->config.outputs[index].remote;

	if (t->output == NULL || t->n_held == OUTLET_HELD_MAX ||
		output_backends_set(t->output, s->backends, s->n_backends) != 0)
		return false;
	t->held[t->n_held++] = t->of_output;
	t->of_output = edition_get(e);
	t->index = index;
	return true;
}

/* The backends are those configured again, whatever was done to them at run
 * time.  Return: done? */
static bool restore_backends(struct outlet *t)
{
	const struct remote_settings *s =
		&t->of_output->config.outputs[t->index].remote;

	return t->output == NULL ||
	       output_collector(t->settings.type) == NULL ||
	       output_backends_set(t->output, s->backends, s->n_backends) == 0;
}

/*
 * The keeper that runs takes them up; one that starts later has them from the
 * start.  Always, since `of_output` stays what it was: limits that are as they
 * were there need not be those in force.
 */
static void set_limits(struct outlet *t, const struct spool_settings *to)
{
	struct spool_settings *s = &t->settings.keeper.spool;

	s->max_size = to->max_size;
	s->max_age_ns = to->max_age_ns;
	if (t->feed.keeper != NULL)
		keeper_set_limits(t->feed.keeper, to->max_size, to->max_age_ns);
}

void outlet_follow(
	struct outlet *t, struct edition *e, size_t index, unsigned differs)
{
	bool done;

	set_limits(t, &e->config.outputs[index].keeper.spool);
	differs &= ~(unsigned)DIFFERS_LIMITS;
	done = differs == 0 ? restore_backends(t)
			    : differs == DIFFERS_BACKENDS &&
				      change_backends(t, e, index);

	if (!done)
		change(t, e, index);
}

bool outlet_has_halted(const struct outlet *t)
{
	return t->next != NULL && t->output != NULL && output_ended(t->output);
}

bool outlet_has_ended(const struct outlet *t)
{
	return t->output == NULL || output_ended(t->output);
}

bool outlet_is_settled(const struct outlet *t)
{
	return t->next == NULL && t->before == NULL &&
	       (t->output != NULL || t->retry_ns != 0);
}

bool outlet_is_due(const struct outlet *t, uint64_t mono_ns)
{
	return t->output == NULL && t->before == NULL && mono_ns >= t->retry_ns;
}

void outlet_start_due(struct outlet *t, uint64_t mono_ns)
{
	char error[ERROR_MAX];

	if (t->next != NULL) {
		struct keeper_settings keeper = t->settings.keeper;

		t->settings = t->next->config.outputs[t->next_index];
		t->settings.feed = t->feed.settings;
		if (t->feed.keeper != NULL) { /* it goes on with its strings */
			t->settings.keeper = keeper;
		} else {
			edition_put(t->of_keeper);
			t->of_keeper = edition_get(t->next);
		}
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
