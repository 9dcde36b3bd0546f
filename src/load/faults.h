/*
 * Faults: what the stand-in collector does wrong, and when.
 *
 *	SPEC   = RULE, or several with commas between; the first that applies
 *	RULE   = WHAT [ @ WHEN ]
 *	WHAT   = STATUS [ / CODE ]   answer so, and keep nothing
 *	       | close               close without an answer, and keep nothing
 *	       | hang                never answer, and keep nothing
 *	       | slow : DURATION     answer as ever, but late
 *	WHEN   = PROBABILITY (0 to 1) | every:N | first:N      (none: always)
 *
 * Decided by the seed and the request's number alone, so a run can be
 * repeated.
 */
#ifndef TAPFERRY_LOAD_FAULTS_H
#define TAPFERRY_LOAD_FAULTS_H

#include <stdint.h>

enum fault_what {
	FAULT_NONE = 0,
	FAULT_STATUS,
	FAULT_CLOSE,
	FAULT_HANG,
	FAULT_SLOW,
};

struct fault {
	enum fault_what what;
	unsigned status;
	int code; /* of HEC; -1: the status's usual one */
	uint64_t delay_ns;
};

enum fault_when { FAULT_ALWAYS = 0, FAULT_CHANCE, FAULT_EVERY, FAULT_FIRST };

struct fault_rule {
	struct fault fault;
	enum fault_when when;
	double chance;
	uint64_t n;
};

enum { FAULTS_MAX = 16 };

struct faults {
	struct fault_rule rules[FAULTS_MAX];
	unsigned n_rules;
	uint64_t seed;
};

enum {
	FAULTS_E_WHAT = 1, /* no such fault */
	FAULTS_E_STATUS,   /* not 200 to 599 */
	FAULTS_E_DELAY,    /* slow without a duration */
	FAULTS_E_WHEN,     /* neither probability nor every:N nor first:N */
	FAULTS_E_MANY,     /* more than FAULTS_MAX rules */
};

/* Return: 0 or FAULTS_E_*. */
int faults_parse(struct faults *f, const char *spec, uint64_t seed);

/* One sentence for FAULTS_E_*. */
const char *faults_error_text(int error);

/* What befalls request number `n`, counted from 1.  Pure; any thread. */
struct fault faults_pick(const struct faults *f, uint64_t n);

#endif
