#include "ctl/words.h"

#include <stdio.h>
#include <string.h>

const char *words_bytes(char text[WORDS_MAX], double octets)
{
	static const char *const units[] = { "B", "kB", "MB", "GB", "TB" };
	unsigned unit = 0;

	while (octets >= 999.5 && unit + 1 < sizeof(units) / sizeof(*units)) {
		octets /= 1000;
		unit++;
	}
	snprintf(text, WORDS_MAX,
		unit == 0 || octets >= 99.95 ? "%.0f %s" : "%.1f %s", octets,
		units[unit]);
	return text;
}

const char *words_seconds(char text[WORDS_MAX], double seconds)
{
	unsigned long long s = seconds > 0 ? (unsigned long long)seconds : 0;

	if (seconds < 0.0995)
		snprintf(text, WORDS_MAX, "%.1fms", seconds * 1000);
	else if (seconds < 0.9995)
		snprintf(text, WORDS_MAX, "%.0fms", seconds * 1000);
	else if (s < 60)
		snprintf(text, WORDS_MAX, "%.1fs", seconds);
	else if (s < 3600)
		snprintf(text, WORDS_MAX, "%llum%02llus", s / 60, s % 60);
	else if (s < 86400)
		snprintf(
			text, WORDS_MAX, "%lluh%02llum", s / 3600, s / 60 % 60);
	else
		snprintf(text, WORDS_MAX, "%llud%02lluh", s / 86400,
			s / 3600 % 24);
	return text;
}

const char *words_quantile(
	char text[WORDS_MAX], const json_t *spread, const char *name)
{
	const json_t *limit = words_at(spread, "limit");
	double s = words_real(spread, name);

	if (words_at(spread, name) == NULL)
		return NULL;
	*text = '>';
	words_seconds(
		text + (limit != NULL && s >= json_number_value(limit)), s);
	return text;
}

const char *words_many(
	char text[WORDS_MAX], unsigned long long n, const char *noun)
{
	snprintf(text, WORDS_MAX, "%llu %s%s", n, noun, n == 1 ? "" : "s");
	return text;
}

const json_t *words_at(const json_t *o, const char *path)
{
	while (o != NULL) {
		size_t len = strcspn(path, ".");

		o = json_object_getn(o, path, len);
		if (path[len] == '\0')
			return o;
		path += len + 1;
	}
	return NULL;
}

const char *words_text(const json_t *o, const char *path)
{
	return json_string_value(words_at(o, path));
}

double words_real(const json_t *o, const char *path)
{
	return json_number_value(words_at(o, path));
}

unsigned long long words_count(const json_t *o, const char *path)
{
	json_int_t n = json_integer_value(words_at(o, path));

	return n > 0 ? (unsigned long long)n : 0;
}
