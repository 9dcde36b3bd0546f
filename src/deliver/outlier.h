/*
 * Outlier: which of several backends is far from the others.
 *
 * Looked at once in a while.  One that fails much more often than the middle
 * one of the others, or answers much more slowly, is set aside for a time that
 * grows each time.  One that behaves has that time shrink again.  At most half
 * of the backends, and never the last usable one.
 *
 * Pure; owner: the health thread.
 */
#ifndef TAPFERRY_DELIVER_OUTLIER_H
#define TAPFERRY_DELIVER_OUTLIER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { OUTLIER_MAX = 256 }; /* backends of one output */

struct outlier_settings {
	uint64_t interval_ns; /* 0: never looked at */
	unsigned
		requests; /* fewer since the last look say nothing; 1 or more */
	unsigned errors; /* percentage points above the others; 0: not looked at
			  */
	unsigned latency_factor;   /* of the others' mean; 0: not looked at */
	uint64_t latency_floor_ns; /* further from the others than this, too */
	uint64_t time_ns;          /* times the number of times */
	uint64_t max_time_ns;
};

/* A backend since the last look. */
struct outlier_sample {
	uint64_t requests;
	uint64_t failures;
	uint64_t mean_ns; /* of replies; 0: there were none */
	bool usable;      /* takes requests, and is not ejected */
};

/*
 * outlier_find() - the worst one that is to be ejected
 * @n:  2..OUTLIER_MAX
 * Return: its index, or n: none.
 */
size_t outlier_find(const struct outlier_sample *of, size_t n,
	const struct outlier_settings *s);

/* How long the ejection that makes `times` of them (1 or more) lasts. */
uint64_t outlier_time_ns(const struct outlier_settings *s, unsigned times);

#endif
