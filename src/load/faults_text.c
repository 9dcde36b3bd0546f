/* Fault rules as they are written. */
#include "load/faults.h"

#include <stdlib.h>
#include <string.h>

#include "base/units.h"

enum {
	RULE_MAX = 128,
	STATUS_MIN = 200,
	STATUS_MAX = 599,
	CODE_MAX = 999,
	RETRY_MAX_S = 1000 * 1000,
	PAD_MAX = 64 * 1024 * 1024,
};

static bool parse_number(
	const char *text, uint64_t min, uint64_t max, uint64_t *value)
{
	char *end;

	if (text[0] < '0' || text[0] > '9' || strlen(text) > 18)
		return false;
	*value = strtoull(text, &end, 10);
	return *end == '\0' && *value >= min && *value <= max;
}

/* What stands behind "KEY:" in "KEY:value"; NULL: it is another key. */
static const char *value_of(const char *text, const char *key)
{
	size_t len = strlen(key);

	return strncmp(text, key, len) == 0 && text[len] == ':' ? text + len + 1
								: NULL;
}

/* STATUS [ / CODE [ / NUMBER ] ] */
static int parse_status(struct fault *fault, char *text)
{
	char *code = strchr(text, '/');
	char *number = code != NULL ? strchr(code + 1, '/') : NULL;
	uint64_t n;

	if (text[0] < '0' || text[0] > '9')
		return FAULTS_E_WHAT;
	fault->what = FAULT_STATUS;
	if (number != NULL) {
		*number = '\0';
		if (!parse_number(number + 1, 0, UINT32_MAX, &n))
			return FAULTS_E_WHAT;
		fault->number = (int64_t)n;
	}
	if (code != NULL) {
		*code = '\0';
		if (!parse_number(code + 1, 0, CODE_MAX, &n))
			return FAULTS_E_WHAT;
		fault->code = (int)n;
	}
	if (!parse_number(text, STATUS_MIN, STATUS_MAX, &n))
		return FAULTS_E_STATUS;
	fault->status = (unsigned)n;
	return 0;
}

static int parse_what(struct fault *fault, char *text)
{
	static const struct {
		const char *name;
		enum fault_what what;
	} plain[] = {
		{ "ok", FAULT_NONE },
		{ "html", FAULT_HTML },
		{ "json", FAULT_JSON },
		{ "close", FAULT_CLOSE },
		{ "reset", FAULT_RESET },
		{ "reset:before", FAULT_RESET_BEFORE },
		{ "reset:body", FAULT_RESET_BODY },
		{ "half", FAULT_HALF },
		{ "hang", FAULT_HANG },
	};
	const char *value;

	*fault = FAULT_NULL;
	for (size_t i = 0; i < sizeof(plain) / sizeof(plain[0]); i++)
		if (strcmp(text, plain[i].name) == 0) {
			fault->what = plain[i].what;
			return 0;
		}
	if (strncmp(text, "slow", 4) == 0) {
		fault->what = FAULT_SLOW;
		value = value_of(text, "slow");
		return value != NULL && units_parse_duration(
						value, &fault->delay_ns) == 0
			       ? 0
			       : FAULTS_E_DELAY;
	}
	if (strncmp(text, "read", 4) == 0) {
		fault->what = FAULT_READ;
		value = value_of(text, "read");
		return value != NULL && units_parse_duration(
						value, &fault->rest_ns) == 0
			       ? 0
			       : FAULTS_E_DELAY;
	}
	return parse_status(fault, text);
}

static int parse_how(struct fault *fault, const char *text)
{
	const char *value;

	if (strcmp(text, "taken") == 0)
		fault->taken = true;
	else if (strcmp(text, "chunked") == 0)
		fault->chunked = true;
	else if (strcmp(text, "last") == 0)
		fault->last = true;
	else if ((value = value_of(text, "slow")) != NULL)
		return units_parse_duration(value, &fault->delay_ns) == 0
			       ? 0
			       : FAULTS_E_DELAY;
	else if ((value = value_of(text, "big")) != NULL)
		return units_parse_size(value, &fault->pad) == 0 &&
				       fault->pad <= PAD_MAX
			       ? 0
			       : FAULTS_E_HOW;
	else if ((value = value_of(text, "retry")) != NULL ||
		 (value = value_of(text, "date")) != NULL) {
		fault->retry = true;
		fault->retry_date = text[0] == 'd';
		return parse_number(value, 0, RETRY_MAX_S, &fault->retry_s)
			       ? 0
			       : FAULTS_E_HOW;
	} else
		return FAULTS_E_HOW;
	return 0;
}

static int parse_when(struct fault_rule *rule, const char *text)
{
	static const struct {
		const char *name;
		enum fault_when when;
	} counted[] = {
		{ "every", FAULT_EVERY },
		{ "first", FAULT_FIRST },
		{ "from", FAULT_FROM },
		{ "at", FAULT_AT },
	};
	const char *value;
	char *end;

	for (size_t i = 0; i < sizeof(counted) / sizeof(counted[0]); i++) {
		value = value_of(text, counted[i].name);
		if (value == NULL)
			continue;
		rule->when = counted[i].when;
		return parse_number(value, 1, UINT32_MAX, &rule->n)
			       ? 0
			       : FAULTS_E_WHEN;
	}
	value = value_of(text, "above");
	if (value != NULL) {
		rule->when = FAULT_ABOVE;
		return units_parse_size(value, &rule->n) == 0 ? 0
							      : FAULTS_E_WHEN;
	}
	rule->n = compression_find(text);
	if (rule->n != COMPRESSION_NONE) {
		rule->when = FAULT_CODING;
		return 0;
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
	char copy[RULE_MAX], *rest = copy, *when, *how;
	int r;

	if (f->n_rules == FAULTS_MAX)
		return FAULTS_E_MANY;
	if (len >= sizeof(copy))
		return FAULTS_E_WHAT;
	memcpy(copy, text, len);
	copy[len] = '\0';
	when = strchr(copy, '@');
	if (when != NULL)
		*when++ = '\0';
	*rule = (struct fault_rule){ 0 };
	r = parse_what(&rule->fault, strsep(&rest, "+"));
	while (r == 0 && (how = strsep(&rest, "+")) != NULL)
		r = parse_how(&rule->fault, how);
	if (r == 0 && when != NULL)
		r = parse_when(rule, when);
	if (r == 0)
		f->n_rules++;
	return r;
}

int faults_parse(struct faults *f, const char *spec, uint64_t seed)
{
	*f = (struct faults){ .seed = seed };
	if (strcmp(spec, "none") == 0)
		return 0;
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
		return "slow and read take a duration: slow:500ms";
	case FAULTS_E_HOW:
		return "behind + stands taken, slow:DURATION, chunked, last, "
		       "big:SIZE, retry:SECONDS or date:SECONDS";
	case FAULTS_E_WHEN:
		return "behind @ stands a probability from 0 to 1, every:N, "
		       "first:N, from:N, at:N, above:SIZE, gzip or zstd";
	case FAULTS_E_MANY:
		return "more than 16 rules";
	default:
		return "a fault is STATUS, STATUS/CODE, STATUS/CODE/NUMBER, "
		       "ok, html, json, close, reset, reset:before, "
		       "reset:body, half, hang, read:DURATION or "
		       "slow:DURATION";
	}
}
