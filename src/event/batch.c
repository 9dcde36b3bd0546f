#include "event/batch.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <urcu/compiler.h>

int batch_pool_init(struct batch_pool *p, unsigned max, size_t batch_bytes,
	unsigned batch_events)
{
	size_t octets = max * sizeof(*p->batches);

	*p = (struct batch_pool){
		.max = max,
		.batch_bytes = batch_bytes,
		.batch_events = batch_events,
	};
	p->batches = aligned_alloc(BATCH_ALIGN, octets);
	if (p->batches == NULL)
		return -ENOMEM;
	memset((void *)p->batches, 0, octets);
	stack_init(&p->free);
	for (unsigned i = max; i-- > 0;)
		stack_push(&p->free, &p->batches[i].entry);
	return 0;
}

void batch_pool_deinit(struct batch_pool *p)
{
	for (unsigned i = 0; i < p->max; i++) {
		free(p->batches[i].data);
		free(p->batches[i].ends);
	}
	free(p->batches);
}

struct batch *batch_pool_get(struct batch_pool *p)
{
	stack_entry *e = stack_pop(&p->free);
	struct batch *b;

	if (e == NULL)
		return NULL;
	b = caa_container_of(e, struct batch, entry);
	atomic_store_explicit(&b->lent, true, memory_order_relaxed);
	if (b->data == NULL)
		b->data = malloc(p->batch_bytes);
	if (b->ends == NULL)
		b->ends = malloc(p->batch_events * sizeof(*b->ends));
	if (b->data == NULL || b->ends == NULL) {
		batch_pool_put(p, &b);
		return NULL;
	}
	b->len = 0;
	b->first = 0;
	b->events = 0;
	b->opened_ns = 0;
	b->id = 0;
	b->file = NULL;
	b->whole = 0;
	return b;
}

int batch_reserve(
	struct batch_pool *p, struct batch *b, size_t bytes, uint32_t events)
{
	uint8_t *data;
	uint32_t *ends;

	if (bytes <= p->batch_bytes && events <= p->batch_events)
		return 0;
	data = malloc(bytes > p->batch_bytes ? bytes : p->batch_bytes);
	ends = malloc((events > p->batch_events ? events : p->batch_events) *
		      sizeof(*ends));
	if (data == NULL || ends == NULL) {
		free(data);
		free(ends);
		return -ENOMEM;
	}
	free(b->data);
	free(b->ends);
	b->data = data;
	b->ends = ends;
	b->grown = true;
	return 0;
}

static void shrink(struct batch *b)
{
	free(b->data);
	free(b->ends);
	b->data = NULL;
	b->ends = NULL;
	b->grown = false;
}

void batch_pool_put(struct batch_pool *p, struct batch **bp)
{
	if ((*bp)->grown)
		shrink(*bp);
	atomic_store_explicit(&(*bp)->lent, false, memory_order_relaxed);
	stack_push(&p->free, &(*bp)->entry);
	*bp = NULL;
}

size_t batch_pool_used(const struct batch_pool *p)
{
	size_t used = 0;

	for (unsigned i = 0; i < p->max; i++)
		used += atomic_load_explicit(
			&p->batches[i].lent, memory_order_relaxed);
	return used;
}

uint64_t batch_pool_held(const struct batch_pool *p)
{
	uint64_t held = 0;

	for (unsigned i = 0; i < p->max; i++)
		held += atomic_load_explicit(
			&p->batches[i].held, memory_order_relaxed);
	return held;
}

void batch_keep(struct batch *b, const struct batch_span *spans, size_t n)
{
	size_t len = 0;
	uint32_t events = 0;

	/* the last ones, or none: those before them are settled */
	if (n == 0 || (n == 1 && spans[0].first + spans[0].n == b->events)) {
		b->first = n == 0 ? b->events : spans[0].first;
		return;
	}
	if (b->whole == 0)
		b->whole = b->events;
	/* everything moves towards the start: nothing is overwritten unread */
	for (size_t i = 0; i < n; i++) {
		uint32_t first = spans[i].first;
		size_t start = batch_start(b, first);
		size_t end = batch_start(b, first + spans[i].n);

		memmove(b->data + len, b->data + start, end - start);
		for (uint32_t k = 0; k < spans[i].n; k++)
			b->ends[events + k] =
				(uint32_t)(len + b->ends[first + k] - start);
		len += end - start;
		events += spans[i].n;
	}
	b->len = len;
	b->first = 0;
	b->events = events;
}
