#include "event/past.h"

#include <string.h>

#include "event/feed.h"

void past_follow(struct feed *const *feeds, size_t n, struct feed *former)
{
	for (size_t i = 0; i < n; i++)
		if (strcmp(feeds[i]->settings.name, former->settings.name) ==
			0) {
			feeds[i]->former = former;
			return;
		}
	former->former = NULL; /* nobody will ask any more */
}

bool past_has(const struct feed *f, const struct feed *former)
{
	for (f = f->former; f != NULL; f = f->former)
		if (f == former)
			return true;
	return false;
}

/* Of so many events that `f` has recovered, how many came in in this run: a
 * former feed had left them on disk. */
static uint64_t found_again(const struct feed *f, uint64_t recovered)
{
	return recovered < f->past.in_spool ? recovered : f->past.in_spool;
}

uint64_t past_in_spool(const struct feed *f)
{
	return f->past.in_spool -
	       found_again(f, stat_sum(&f->stats, OUTPUT_RECOVERED));
}

/* The feed's own, without what is counted elsewhere. */
static uint64_t own(const struct feed *f, unsigned id)
{
	uint64_t n = stat_sum(&f->stats, id);

	return id == OUTPUT_RECOVERED ? n - found_again(f, n) : n;
}

static void add_reading(
	struct histogram_reading *sum, const struct histogram_reading *r)
{
	if (r->scale == NULL)
		return;
	if (sum->scale == NULL)
		*sum = *r;
	else
		histogram_join(sum, r);
}

static void add_histogram(
	struct histogram_reading *sum, const struct histogram *h)
{
	struct histogram_reading r;

	histogram_read(h, &r);
	add_reading(sum, &r);
}

/* Which one has come in the place of `gone`, directly?  NULL: none. */
static struct feed *follower(
	struct feed *const *feeds, size_t n, const struct feed *gone)
{
	for (size_t i = 0; i < n; i++)
		for (struct feed *f = feeds[i]; f != NULL; f = f->former)
			if (f->former == gone)
				return f;
	return NULL;
}

void past_keep(struct feed *const *feeds, size_t n, const struct feed *gone,
	const struct stat_set *intake)
{
	struct feed *f = follower(feeds, n, gone);
	struct past *p;

	if (f == NULL)
		return;
	p = &f->past;
	f->former = gone->former;
	for (unsigned id = 0; id < OUTPUT_STAT_COUNT; id++)
		p->stat[id] += own(gone, id) + gone->past.stat[id];
	for (unsigned id = 0; id < INTAKE_STAT_COUNT; id++)
		p->intake[id] +=
			feed_intake(gone, intake, id) + gone->past.intake[id];
	p->in_spool +=
		atomic_load(&gone->disk.usage.events) + past_in_spool(gone);
	add_histogram(&p->batch_sizes, &gone->batch_sizes);
	add_reading(&p->batch_sizes, &gone->past.batch_sizes);
	add_histogram(&p->delay, &gone->delay);
	add_reading(&p->delay, &gone->past.delay);
}

uint64_t past_stat(const struct feed *f, unsigned id)
{
	uint64_t sum = 0;

	for (; f != NULL; f = f->former)
		sum += own(f, id) + f->past.stat[id];
	return sum;
}

uint64_t past_intake(
	const struct feed *f, const struct stat_set *intake, unsigned id)
{
	uint64_t sum = 0;

	for (; f != NULL; f = f->former)
		sum += feed_intake(f, intake, id) + f->past.intake[id];
	return sum;
}

void past_batch_sizes(const struct feed *f, struct histogram_reading *r)
{
	*r = (struct histogram_reading){ 0 };
	for (; f != NULL; f = f->former) {
		add_histogram(r, &f->batch_sizes);
		add_reading(r, &f->past.batch_sizes);
	}
}

void past_delay(const struct feed *f, struct histogram_reading *r)
{
	*r = (struct histogram_reading){ 0 };
	for (; f != NULL; f = f->former) {
		add_histogram(r, &f->delay);
		add_reading(r, &f->past.delay);
	}
}
