#include "load/ack_rules.h"

#include <stdlib.h>
#include <string.h>

#include "base/units.h"
#include "load/rng.h"

enum { RULE_MAX = 64 };

/* "0.5" or, with more, "0.5:"; *rest is behind it. */
static bool parse_chance(double *p, const char *text, const char **rest)
{
	char *end;

	*p = strtod(text, &end);
	*rest = end;
	return end != text && *p >= 0 && *p <= 1;
}

static int parse_duration(uint64_t *ns, const char *text)
{
	return units_parse_duration(text, ns) == 0 ? 0 : ACK_RULES_E_DURATION;
}

static int parse_rule(struct ack_rules *r, const char *text)
{
	const char *rest;
	char *end;

	if (strcmp(text, "on") == 0)
		return 0;
	if (strcmp(text, "never") == 0) {
		r->never = true;
		return 0;
	}
	if (strncmp(text, "after:", 6) == 0)
		return parse_duration(&r->after_ns, text + 6);
	if (strncmp(text, "late:", 5) == 0) {
		if (!parse_chance(&r->late, text + 5, &rest))
			return ACK_RULES_E_PROBABILITY;
		return *rest == ':' ? parse_duration(&r->late_ns, rest + 1)
				    : ACK_RULES_E_DURATION;
	}
	if (strncmp(text, "lose:", 5) == 0)
		return parse_chance(&r->lose, text + 5, &rest) && *rest == '\0'
			       ? 0
			       : ACK_RULES_E_PROBABILITY;
	if (strncmp(text, "full:", 5) == 0) {
		r->full = strtoul(text + 5, &end, 10);
		return text[5] >= '1' && text[5] <= '9' && *end == '\0'
			       ? 0
			       : ACK_RULES_E_NUMBER;
	}
	return ACK_RULES_E_WHAT;
}

int ack_rules_parse(struct ack_rules *r, const char *spec, uint64_t seed)
{
	*r = (struct ack_rules){ .on = true, .seed = seed };
	for (;;) {
		size_t len = strcspn(spec, ",");
		char text[RULE_MAX];
		int e;

		if (len >= sizeof(text))
			return ACK_RULES_E_WHAT;
		memcpy(text, spec, len);
		text[len] = '\0';
		e = parse_rule(r, text);
		if (e != 0 || spec[len] == '\0')
			return e;
		spec += len + 1;
	}
}

const char *ack_rules_error_text(int error)
{
	switch (error) {
	case ACK_RULES_E_DURATION:
		return "after takes a duration, after:2s, and late a "
		       "probability and a duration, late:0.1:30s";
	case ACK_RULES_E_PROBABILITY:
		return "late and lose take a probability from 0 to 1: "
		       "lose:0.01";
	case ACK_RULES_E_NUMBER:
		return "full takes a number of ids, 1 or more: full:100";
	default:
		return "a rule is on, after:DURATION, late:P:DURATION, lose:P, "
		       "never or full:N";
	}
}

/* 53 random bits: a number from 0 to below 1 */
static bool happens(double chance, struct rng *rng)
{
	return (double)(rng_next(rng) >> 11) * 0x1p-53 < chance;
}

struct ack_fate ack_rules_pick(const struct ack_rules *r, uint64_t n)
{
	struct rng rng = RNG_SEED(r->seed ^ n << 8);
	struct ack_fate fate = { .in_ns = r->after_ns };

	fate.lost = happens(r->lose, &rng);
	fate.told = !fate.lost && !r->never;
	if (happens(r->late, &rng))
		fate.in_ns += r->late_ns;
	if (r->never)
		fate.in_ns = 0;
	return fate;
}
