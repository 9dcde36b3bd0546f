#include "sync/ring.h"

#include <errno.h>
#include <linux/futex.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include "base/clock.h"
#include "sync/tsan.h"

/*
 * The system side of the event count: the monotonic clock, and a futex with
 * an absolute monotonic deadline (FUTEX_WAIT_BITSET).
 */
static int ec_gettime(const struct ck_ec_ops *ops, struct timespec *out)
{
	(void)ops;
	return clock_gettime(CLOCK_MONOTONIC, out);
}

static void ec_wait32(const struct ck_ec_wait_state *state,
	const uint32_t *address, uint32_t expected,
	const struct timespec *deadline)
{
	(void)state;
	syscall(SYS_futex, address, FUTEX_WAIT_BITSET_PRIVATE, expected,
		deadline, NULL, FUTEX_BITSET_MATCH_ANY);
}

static void ec_wake32(const struct ck_ec_ops *ops, const uint32_t *address)
{
	(void)ops;
	syscall(SYS_futex, address, FUTEX_WAKE_PRIVATE, INT32_MAX, NULL, NULL,
		0);
}

static const struct ck_ec_ops ec_ops = {
	.gettime = ec_gettime,
	.wait32 = ec_wait32,
	.wake32 = ec_wake32,
	/* a busy machine gains nothing from spinning: straight to the futex */
	.busy_loop_iter = 10,
};

static const struct ck_ec_mode ec_mode = { .ops = &ec_ops };

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
	ck_ec32_init(&r->pushed, 0);
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
	ck_ec32_inc(&r->pushed, &ec_mode);
	return true;
}

void *ring_try_pop(struct ring *r)
{
	void *item;

	if (!ck_ring_dequeue_mpmc(&r->ring, r->buffer, (void *)&item))
		return NULL;
	tsan_acquire(r);
	return item;
}

int ring_pop(struct ring *r, uint64_t mono_deadline_ns, void **item)
{
	struct timespec at = {
		.tv_sec = (time_t)(mono_deadline_ns / NS_PER_S),
		.tv_nsec = (long)(mono_deadline_ns % NS_PER_S),
	};
	const struct timespec *deadline =
		mono_deadline_ns == UINT64_MAX ? NULL : &at;

	for (;;) {
		/* snapshot before looking: a push after it ends the wait */
		uint32_t seen = ck_ec32_value(&r->pushed);
		bool closed = atomic_load(&r->closed);

		*item = ring_try_pop(r);
		if (*item != NULL)
			return 0;
		if (closed)
			return RING_E_CLOSED;
		if (mono_deadline_ns == 0 ||
			ck_ec32_wait(&r->pushed, &ec_mode, seen, deadline) != 0)
			return RING_E_EMPTY;
	}
}

void ring_close(struct ring *r)
{
	atomic_store(&r->closed, true);
	ck_ec32_inc(&r->pushed, &ec_mode);
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

	return len > 0 ? (size_t)len : 0;
}
