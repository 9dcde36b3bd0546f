#include "sync/event_count.h"

#include <linux/futex.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include "base/clock.h"

/*
 * The system side: the monotonic clock, and a futex with an absolute
 * monotonic deadline (FUTEX_WAIT_BITSET).
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

void event_count_init(struct event_count *e)
{
	ck_ec32_init(&e->ec, 0);
}

void event_count_step(struct event_count *e)
{
	ck_ec32_inc(&e->ec, &ec_mode);
}

uint32_t event_count_value(const struct event_count *e)
{
	return ck_ec32_value(&e->ec);
}

/*
 * Concurrency Kit sleeps in steps that grow to a second and looks at the
 * deadline between them: no step may go past it.
 */
static int end_at_deadline(
	const struct ck_ec_wait_state *state, struct timespec *step)
{
	const struct timespec *at = state->data;

	if (step->tv_sec > at->tv_sec ||
		(step->tv_sec == at->tv_sec && step->tv_nsec > at->tv_nsec))
		*step = *at;
	return 0;
}

bool event_count_wait(
	struct event_count *e, uint32_t seen, uint64_t mono_deadline_ns)
{
	struct timespec at = {
		.tv_sec = (time_t)(mono_deadline_ns / NS_PER_S),
		.tv_nsec = (long)(mono_deadline_ns % NS_PER_S),
	};

	if (mono_deadline_ns == UINT64_MAX)
		return ck_ec32_wait(&e->ec, &ec_mode, seen, NULL) == 0;
	return ck_ec32_wait_pred(
		       &e->ec, &ec_mode, seen, end_at_deadline, &at, &at) == 0;
}
