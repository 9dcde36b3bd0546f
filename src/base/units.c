#include "base/units.h"

#include <ctype.h>
#include <errno.h>
#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

struct unit {
	const char *name;
	uint64_t factor;
};

/* Ascending; formatting picks the largest one that divides. */
static const struct unit durations[] = {
	{ "ns", 1 },
	{ "us", UINT64_C(1000) },
	{ "ms", UINT64_C(1000000) },
	{ "s", UINT64_C(1000000000) },
	{ "m", UINT64_C(60000000000) },
	{ "h", UINT64_C(3600000000000) },
	{ "d", UINT64_C(86400000000000) },
	{ NULL, 0 },
};

static const struct unit sizes[] = {
	{ "B", 1 },
	{ "kB", 1000 },
	{ "KiB", 1024 },
	{ "MB", 1000000 },
	{ "MiB", 1048576 },
	{ "GB", 1000000000 },
	{ "GiB", 1073741824 },
	{ "TB", UINT64_C(1000000000000) },
	{ "TiB", UINT64_C(1099511627776) },
	{ NULL, 0 },
};

static const struct unit *unit_find(const struct unit *table, const char *name)
{
	for (; table->name != NULL; table++)
		if (strcmp(table->name, name) == 0)
			return table;
	return NULL;
}

/* Decimals below one base unit, or behind the ninth, are cut off. */
static int parse(const struct unit *table, const char *text, uint64_t *out,
	bool unit_needed)
{
	const char *p = text;
	const struct unit *u = &table[0];
	const char *decimals = NULL;
	uint64_t whole = 0, value, part = 0, scale = 1;

	while (isspace((unsigned char)*p))
		p++;
	if (*p == '-')
		return UNITS_E_RANGE;
	if (!isdigit((unsigned char)*p))
		return UNITS_E_SYNTAX;
	for (; isdigit((unsigned char)*p); p++)
		if (__builtin_mul_overflow(whole, 10, &whole) ||
			__builtin_add_overflow(
				whole, (uint64_t)(*p - '0'), &whole))
			return UNITS_E_RANGE;
	if (*p == '.') {
		decimals = ++p;
		if (!isdigit((unsigned char)*p))
			return UNITS_E_SYNTAX;
		while (isdigit((unsigned char)*p))
			p++;
	}
	while (*p == ' ')
		p++;
	if (*p != '\0') {
		u = unit_find(table, p);
		if (u == NULL)
			return UNITS_E_SYNTAX;
	} else if (unit_needed && (whole != 0 || decimals != NULL)) {
		return UNITS_E_NO_UNIT;
	}
	if (__builtin_mul_overflow(whole, u->factor, &value))
		return UNITS_E_RANGE;
	/* 128 bits hold any factor times nine digits: "0.1s" is exact */
	for (; decimals != NULL && isdigit((unsigned char)*decimals) &&
		scale < 1000000000;
		decimals++, scale *= 10)
		part = part * 10 + (uint64_t)(*decimals - '0');
	part = (uint64_t)((unsigned __int128)part * u->factor / scale);
	if (__builtin_add_overflow(value, part, &value))
		return UNITS_E_RANGE;
	*out = value;
	return 0;
}

static void format(const struct unit *table, uint64_t value, const char *zero,
	char *text, size_t cap)
{
	const struct unit *best = table;

	if (value == 0) {
		snprintf(text, cap, "%s", zero);
		return;
	}
	for (const struct unit *u = table; u->name != NULL; u++)
		if (value % u->factor == 0)
			best = u;
	snprintf(text, cap, "%" PRIu64 "%s", value / best->factor, best->name);
}

int units_parse_duration(const char *text, uint64_t *ns)
{
	return parse(durations, text, ns, true);
}

int units_parse_size(const char *text, uint64_t *bytes)
{
	return parse(sizes, text, bytes, false);
}

void units_format_duration(uint64_t ns, char *text, size_t cap)
{
	format(durations, ns, "0s", text, cap);
}

void units_format_size(uint64_t bytes, char *text, size_t cap)
{
	format(sizes, bytes, "0B", text, cap);
}
