#include "monitor/census.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"

/* A rate is taken over at least so long; a census is kept so long. */
#define SPAN_NS   (900 * NS_PER_MS)
#define FORGET_NS (60 * NS_PER_S)

bool census_key_parse(const char *name, enum census_key *key)
{
	static const char *const names[] = {
		[CENSUS_BY_RATE] = "rate",
		[CENSUS_BY_BYTE_RATE] = "byte_rate",
		[CENSUS_BY_MESSAGES] = "messages",
		[CENSUS_BY_OCTETS] = "octets",
		[CENSUS_BY_ERRORS] = "errors",
		[CENSUS_BY_AGE] = "age",
		[CENSUS_BY_QUIET] = "quiet",
		[CENSUS_BY_ID] = "id",
	};

	for (unsigned i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		if (strcmp(names[i], name) == 0) {
			*key = (enum census_key)i;
			return true;
		}
	}
	return false;
}

/* One walk: counts for the next time, and the best so far as a heap whose
 * root is the first to go. */
struct taking {
	const struct census_past *before;
	enum census_key key;
	uint64_t now_ns;
	struct census_count *counts;
	size_t n, max;
	struct ranked {
		struct census_entry e;
		double rank; /* the larger, the earlier in the list */
	} * heap;
	size_t n_heap, limit;
	size_t total;
};

static int compare_ids(const void *a, const void *b)
{
	uint64_t x = ((const struct census_count *)a)->id;
	uint64_t y = ((const struct census_count *)b)->id;

	return x < y ? -1 : x > y;
}

static void set_rates(const struct taking *t, const struct conn *c,
	struct census_entry *e, const struct census_count *now)
{
	const struct census_count *then = NULL;
	uint64_t since_ns = c->accepted_ns;
	struct census_count none = { 0 };
	double seconds;

	if (t->before->n != 0)
		then = bsearch(now, t->before->counts, t->before->n,
			sizeof(*now), compare_ids);
	if (then != NULL)
		since_ns = t->before->taken_ns;
	else
		then = &none;
	seconds = (double)(t->now_ns > since_ns ? t->now_ns - since_ns : 0) /
		  (double)NS_PER_S;
	if (seconds < 0.001)
		seconds = 0.001;
	e->rate = (float)((double)(now->messages - then->messages) / seconds);
	e->byte_rate = (float)((double)(now->octets - then->octets) / seconds);
}

static double rank_of(const struct taking *t, const struct conn *c,
	const struct census_entry *e, const struct census_count *now)
{
	switch (t->key) {
	case CENSUS_BY_RATE:
		return (double)e->rate;
	case CENSUS_BY_BYTE_RATE:
		return (double)e->byte_rate;
	case CENSUS_BY_MESSAGES:
		return (double)now->messages;
	case CENSUS_BY_OCTETS:
		return (double)now->octets;
	case CENSUS_BY_ERRORS:
		return (double)atomic_load(&c->errors);
	case CENSUS_BY_AGE:
		return -(double)c->accepted_ns;
	case CENSUS_BY_QUIET:
		return -(double)atomic_load(&c->tick);
	case CENSUS_BY_ID:
		break;
	}
	return -(double)c->id;
}

/* Ids decide between equals, so that a list does not jump. */
static bool goes_before(const struct ranked *a, const struct ranked *b)
{
	return a->rank > b->rank || (a->rank == b->rank && a->e.id < b->e.id);
}

static void sift_down(struct ranked *heap, size_t n, size_t i)
{
	for (;;) {
		size_t last = i, left = 2 * i + 1;
		struct ranked swap = heap[i];

		if (left < n && goes_before(&heap[last], &heap[left]))
			last = left;
		if (left + 1 < n && goes_before(&heap[last], &heap[left + 1]))
			last = left + 1;
		if (last == i)
			return;
		heap[i] = heap[last];
		heap[last] = swap;
		i = last;
	}
}

static void sift_up(struct ranked *heap, size_t i)
{
	while (i > 0 && goes_before(&heap[(i - 1) / 2], &heap[i])) {
		struct ranked swap = heap[i];

		heap[i] = heap[(i - 1) / 2];
		heap[(i - 1) / 2] = swap;
		i = (i - 1) / 2;
	}
}

static bool visit(const struct conn *c, void *arg)
{
	struct taking *t = arg;
	const struct census_count now = {
		.id = c->id,
		.messages = atomic_load(&c->messages),
		.octets = atomic_load(&c->octets),
	};
	struct ranked r = { .e.id = c->id };

	t->total++;
	if (t->n < t->max)
		t->counts[t->n++] = now;
	set_rates(t, c, &r.e, &now);
	r.rank = rank_of(t, c, &r.e, &now);
	if (t->n_heap < t->limit) {
		t->heap[t->n_heap] = r;
		sift_up(t->heap, t->n_heap++);
	} else if (t->limit != 0 && goes_before(&r, &t->heap[0])) {
		t->heap[0] = r;
		sift_down(t->heap, t->n_heap, 0);
	}
	return true;
}

/* Empties the heap, the last in the order first. */
static void unload(struct taking *t, struct census_list *list)
{
	list->n = t->n_heap;
	while (t->n_heap > 0) {
		list->entries[t->n_heap - 1] = t->heap[0].e;
		t->heap[0] = t->heap[t->n_heap - 1];
		sift_down(t->heap, --t->n_heap, 0);
	}
}

/* Makes the newer one the older one, when that is long enough ago. */
static void grow_older(struct census *c, uint64_t mono_ns)
{
	if (c->newer.counts == NULL || mono_ns - c->newer.taken_ns < SPAN_NS)
		return;
	free(c->older.counts);
	c->older = c->newer;
	c->newer = (struct census_past){ 0 };
}

int census_take(struct census *c, struct registry *r, enum census_key key,
	size_t limit, uint64_t mono_ns, struct census_list *list)
{
	size_t max = registry_count(r) + 64; /* some may come meanwhile */
	struct taking t = {
		.before = &c->older,
		.key = key,
		.now_ns = mono_ns,
		.max = max,
		.limit = limit < max ? limit : max,
	};

	*list = (struct census_list){ 0 };
	census_tick(c, mono_ns);
	c->asked_ns = mono_ns;
	grow_older(c, mono_ns);
	t.counts = malloc(max * sizeof(*t.counts));
	t.heap = malloc((t.limit + 1) * sizeof(*t.heap));
	list->entries = malloc((t.limit + 1) * sizeof(*list->entries));
	if (t.counts == NULL || t.heap == NULL || list->entries == NULL) {
		free(list->entries);
		list->entries = NULL;
		free(t.heap);
		free(t.counts);
		return -ENOMEM;
	}
	registry_walk(r, visit, &t);
	list->total = t.total;
	unload(&t, list);
	free(t.heap);
	if (c->newer.counts != NULL) {
		free(t.counts);
		return 0;
	}
	qsort(t.counts, t.n, sizeof(*t.counts), compare_ids);
	c->newer = (struct census_past){ t.counts, t.n, mono_ns };
	return 0;
}

void census_tick(struct census *c, uint64_t mono_ns)
{
	if (mono_ns - c->asked_ns > FORGET_NS)
		census_deinit(c);
}

void census_deinit(struct census *c)
{
	free(c->older.counts);
	free(c->newer.counts);
	*c = CENSUS_NULL;
}
