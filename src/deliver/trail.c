#include "deliver/trail.h"

#include <assert.h>
#include <string.h>

/* Octets of the events that are not settled. */
static size_t octets_left(const struct batch *b)
{
	return range_bytes(b, batch_left(b)).len;
}

void trail_add(struct trail *t, struct batch *b)
{
	assert(!trail_is_full(t));
	t->of[t->n++] = b;
}

struct batch *trail_next(const struct trail *t, size_t *from)
{
	size_t before = t->written;

	for (unsigned i = 0; i < t->n; i++) {
		struct batch *b = t->of[i];
		size_t left = octets_left(b);

		if (before < left) {
			*from = batch_start(b, b->first) + before;
			return b;
		}
		before -= left;
	}
	return NULL;
}

uint32_t trail_read(const struct trail *t, size_t unread)
{
	if (t->n == 0 || unread >= t->written)
		return 0;
	return range_events(t->of[0], t->written - unread);
}

void trail_forget(struct trail *t, uint32_t n)
{
	size_t octets = range_bytes(t->of[0], n).len;

	/* more than is written: events that are given up */
	t->written -= octets < t->written ? octets : t->written;
}

struct batch *trail_take(struct trail *t)
{
	struct batch *b;

	if (t->n == 0)
		return NULL;
	b = t->of[0];
	memmove(t->of, t->of + 1, --t->n * sizeof(t->of[0]));
	return b;
}
