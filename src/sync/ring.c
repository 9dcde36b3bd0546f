#include "sync/ring.h"

#include <errno.h>
#include <stdatomic.h>
#include <stdlib.h>

#include "sync/tsan.h"

int ring_init(struct ring *r, size_t capacity)
{
	unsigned slots = 4;

	while (slots - 1 < capacity)
		slots *= 2;
	*r = (struct ring){ 0 };
	r->buffer = calloc(slots, sizeof(*r->buffer));
	if (r->buffer == NULL)
		return -ENOMEM;
	ck_ring_init(&r->ring, slots);
	event_count_init(&r->pushed);
	return 0;
}

void ring_deinit(struct ring *r)
{
	free(r->buffer);
	r->buffer = NULL;
}

bool ring_push(struct ring *r, void *item)
{
	tsan_release(r);
	if (!ck_ring_enqueue_mpmc(&r->ring, r->buffer, item))
		return false;
	event_count_step(&r->pushed);
	return true;
}

bool ring_put_back(struct ring *r, void *item)
{
	void *none = NULL;

	return atomic_compare_exchange_strong(&r->first, &none, item) ||
	       ring_push(r, item);
}

void *ring_try_pop(struct ring *r)
{
	void *item;

	if (atomic_load_explicit(&r->first, memory_order_relaxed) != NULL) {
		item = atomic_exchange(&r->first, NULL);
		if (item != NULL)
			return item;
	}
	if (!ck_ring_dequeue_mpmc(&r->ring, r->buffer, (void *)&item))
		return NULL;
	tsan_acquire(r);
	return item;
}

int ring_pop(struct ring *r, uint64_t mono_deadline_ns, void **item)
{
	for (;;) {
		/* snapshot before looking: a push after it ends the wait */
		uint32_t seen = event_count_value(&r->pushed);
		bool closed = atomic_load(&r->closed);

		*item = ring_try_pop(r);
		if (*item != NULL)
			return 0;
		if (closed)
			return RING_E_CLOSED;
		if (mono_deadline_ns == 0 ||
			!event_count_wait(&r->pushed, seen, mono_deadline_ns))
			return RING_E_EMPTY;
	}
}

void ring_close(struct ring *r)
{
	atomic_store(&r->closed, true);
	event_count_step(&r->pushed);
}

/*
 * Not ck_ring_size(): that reads the consumers' side first, so what went
 * through the ring between its two reads counts as being in it.
 */
size_t ring_len(const struct ring *r)
{
	unsigned pushed = ck_pr_load_uint(&r->ring.p_tail);

	ck_pr_fence_load();
	int len = (int)(pushed - ck_pr_load_uint(&r->ring.c_head));
	size_t first =
		atomic_load_explicit(&r->first, memory_order_relaxed) != NULL;

	return (len > 0 ? (size_t)len : 0) + first;
}

uint32_t ring_popped(const struct ring *r)
{
	return ck_pr_load_uint(&r->ring.c_head);
}
