#include "load/faults.h"

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/units.h"
#include "load/rng.h"

enum { RULE_MAX = 64, STATUS_MIN = 200, STATUS_MAX = 599, CODE_MAX = 99 };

static bool parse_number(
	const char *text, unsigned long min, unsigned long max, uint64_t *value)
{
	char *end;

	if (text[0] < '0' || text[0] > '9' || strlen(text) > 18)
		return false;
	*value = strtoul(text, &end, 10);
	return *end == '\0' && *value >= min && *value <= max;
}

static int parse_what(struct fault *fault, char *text)
{
	char *slash;
	uint64_t n;

	*fault = (struct fault){ .code = -1 };
	if (strcmp(text, "close") == 0) {
		fault->what = FAULT_CLOSE;
		return 0;
	}
	if (strcmp(text, "hang") == 0) {
		fault->what = FAULT_HANG;
		return 0;
	}
	if (strncmp(text, "slow", 4) == 0) {
		fault->what = FAULT_SLOW;
		return text[4] == ':' && units_parse_duration(text + 5,
						 &fault->delay_ns) == 0
			       ? 0
			       : FAULTS_E_DELAY;
	}
	fault->what = FAULT_STATUS;
	slash = strchr(text, '/');
	if (slash != NULL) {
		*slash = '\0';
		if (!parse_number(slash + 1, 0, CODE_MAX, &n))
			return FAULTS_E_WHAT;
		fault->code = (int)n;
	}
	if (text[0] < '0' || text[0] > '9')
		return FAULTS_E_WHAT;
	if (!parse_number(text, STATUS_MIN, STATUS_MAX, &n))
		return FAULTS_E_STATUS;
	fault->status = (unsigned)n;
	return 0;
}

static int parse_when(struct fault_rule *rule, const char *text)
{
	char *end;

	if (strncmp(text, "every:", 6) == 0) {
		rule->when = FAULT_EVERY;
		return parse_number(text + 6, 1, UINT32_MAX, &rule->n)
			       ? 0
			       : FAULTS_E_WHEN;
	}
	if (strncmp(text, "first:", 6) == 0) {
		rule->when = FAULT_FIRST;
		return parse_number(text + 6, 1, UINT32_MAX, &rule->n)
			       ? 0
			       : FAULTS_E_WHEN;
	}
	rule->when = FAULT_CHANCE;
	rule->chance = strtod(text, &end);
	return end != text && *end == '\0' && rule->chance >= 0 &&
			       rule->chance <= 1
		       ? 0
		       : FAULTS_E_WHEN;
}

static int parse_rule(struct faults *f, const char *text, size_t len)
{
	struct fault_rule *rule = &f->rules[f->n_rules];
	char copy[RULE_MAX];
	char *at;
	int r;

	if (f->n_rules == FAULTS_MAX)
		return FAULTS_E_MANY;
	if (len >= sizeof(copy))
		return FAULTS_E_WHAT;
	memcpy(copy, text, len);
	copy[len] = '\0';
	at = strchr(copy, '@');
	if (at != NULL)
		*at = '\0';
	*rule = (struct fault_rule){ 0 };
	r = parse_what(&rule->fault, copy);
	if (r == 0 && at != NULL)
		r = parse_when(rule, at + 1);
	if (r == 0)
		f->n_rules++;
	return r;
}

int faults_parse(struct faults *f, const char *spec, uint64_t seed)
{
	*f = (struct faults){ .seed = seed };
	for (;;) {
		size_t len = strcspn(spec, ",");
		int r = parse_rule(f, spec, len);

		if (r != 0 || spec[len] == '\0')
			return r;
		spec += len + 1;
	}
}

const char *faults_error_text(int error)
{
	switch (error) {
	case FAULTS_E_STATUS:
		return "a status is a number from 200 to 599";
	case FAULTS_E_DELAY:
		return "slow takes a duration: slow:500ms";
	case FAULTS_E_WHEN:
		return "behind @ stands a probability from 0 to 1, every:N or "
		       "first:N";
	case FAULTS_E_MANY:
		return "more than 16 rules";
	default:
		return "a fault is STATUS, STATUS/CODE, close, hang or "
		       "slow:DURATION";
	}
}

static bool applies(const struct faults *f, unsigned rule, uint64_t n)
{
	const struct fault_rule *r = &f->rules[rule];
	struct rng rng = RNG_SEED(f->seed ^ n << 8 ^ rule);

	switch (r->when) {
	case FAULT_CHANCE:
		/* 53 random bits: a number from 0 to below 1 */
		return (double)(rng_next(&rng) >> 11) * 0x1p-53 < r->chance;
	case FAULT_EVERY:
		return n % r->n == 0;
	case FAULT_FIRST:
		return n <= r->n;
	default:
		return true;
	}
}

struct fault faults_pick(const struct faults *f, uint64_t n)
{
	for (unsigned i = 0; i < f->n_rules; i++)
		if (applies(f, i, n))
			return f->rules[i].fault;
	return (struct fault){ .what = FAULT_NONE };
}
