/*
 * Vitals: what a series of health checks says.
 *
 * `fall` failures in a row are a failure, `rise` successes in a row a
 * recovery.  Checks come at the interval, faster while the backend is down.
 * Pure; owner: the health thread.
 */
#ifndef TAPFERRY_DELIVER_VITALS_H
#define TAPFERRY_DELIVER_VITALS_H

#include <stdbool.h>
#include <stdint.h>

struct vitals_settings {
	unsigned rise; /* 1 or more */
	unsigned fall; /* 1 or more */
	uint64_t interval_ns;
	uint64_t down_interval_ns; /* while it is down */
};

struct vitals {
	bool down;       /* after `fall`, or at once */
	unsigned row;    /* checks in a row that say the contrary */
	uint64_t due_ns; /* monotonic: the next check */
};

#define VITALS_NULL ((struct vitals){ 0 })

enum vitals_sign {
	VITALS_GOOD = 0,
	VITALS_BAD,
	VITALS_GONE, /* it says itself that it takes nothing: down at once */
};

/* What a check changed. */
enum {
	VITALS_E_FELL = 1, /* it is down now */
	VITALS_E_ROSE,     /* it recovered, or was never bad enough */
};

/*
 * vitals_check() - what a check said
 * @idle:  not up, whatever the checks said before: hurry, and a recovery is
 *         of interest
 * Return: 0: nothing new, or VITALS_E_*.
 */
int vitals_check(struct vitals *v, const struct vitals_settings *s,
	enum vitals_sign sign, bool idle, uint64_t mono_ns);

/* The backend went down by other signs: check it soon. */
void vitals_hurry(
	struct vitals *v, const struct vitals_settings *s, uint64_t mono_ns);

#endif
