/*
 * Patience: how long a request may take.
 *
 * As the settings say; or, when they say "auto", some times what nearly all
 * requests took of late, so that a backend that answers in milliseconds is
 * not waited for as long as one that needs seconds.
 */
#ifndef TAPFERRY_DELIVER_PATIENCE_H
#define TAPFERRY_DELIVER_PATIENCE_H

#include <stdatomic.h>
#include <stdint.h>

#include "base/clock.h"
#include "base/histogram.h"

/* The bounds of "auto", and what it begins with. */
#define PATIENCE_MIN_NS   (2 * NS_PER_S)
#define PATIENCE_MAX_NS   (60 * NS_PER_S)
#define PATIENCE_START_NS (10 * NS_PER_S)

struct patience {
	uint64_t fixed_ns;             /* const after init; 0: auto */
	_Atomic uint64_t timeout_ns;   /* atomic */
	_Atomic uint64_t next_look_ns; /* atomic: monotonic */
	struct histogram took;         /* atomic: time of requests */
	struct histogram_reading seen; /* owner: who took next_look_ns on */
};

/* @fixed_ns:  0: auto */
void patience_init(struct patience *p, uint64_t fixed_ns);

/* How long the next request may take.  Any thread. */
static inline uint64_t patience_ns(const struct patience *p)
{
	return atomic_load_explicit(&p->timeout_ns, memory_order_relaxed);
}

/* A request took so long; one that was given up counts double.  Any thread. */
void patience_add(struct patience *p, uint64_t took_ns, uint64_t mono_ns);

#endif
