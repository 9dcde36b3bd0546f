#include <check.h>
#include <stdlib.h>

#include "base/clock.h"
#include "collector/verdict.h"
#include "lib/suite.h"

/* Fri, 20 Nov 2026 12:00:00 GMT */
#define NOON (UINT64_C(1795176000) * NS_PER_S)
#define HOUR (UINT64_C(3600) * NS_PER_S)

static const struct {
	const char *value;
	uint64_t ns;
} rows[] = {
	{ NULL, 0 },
	{ "", 0 },
	{ "0", 0 },
	{ "1", NS_PER_S },
	{ " 120 ", 120 * NS_PER_S },
	{ "3600", HOUR },
	{ "3601", HOUR },
	{ "99999999999999999999999999", HOUR },
	{ "-5", 0 },
	{ "1.5", 0 },
	{ "5 minutes", 0 },
	{ "soon", 0 },
	{ "Fri, 20 Nov 2026 12:00:30 GMT", 30 * NS_PER_S },
	{ "Friday, 20-Nov-26 12:00:30 GMT", 30 * NS_PER_S },
	{ "Fri Nov 20 12:00:30 2026", 30 * NS_PER_S },
	{ "Fri, 20 Nov 2026 12:00:00 GMT", 0 },
	{ "Fri, 20 Nov 2026 11:59:59 GMT", 0 },
	{ "Sun, 06 Nov 1994 08:49:37 GMT", 0 },
	{ "Sat, 21 Nov 2026 12:00:00 GMT", HOUR },
	{ "Thu, 31 Dec 9999 23:59:59 GMT", HOUR },
};

START_TEST(retry_after_takes_seconds_and_dates)
{
	uint64_t ns = verdict_retry_after(rows[_i].value, NOON);

	ck_assert_msg(ns == rows[_i].ns, "%s: %llu", rows[_i].value,
		(unsigned long long)ns);
}
END_TEST

START_TEST(a_date_counts_from_the_very_nanosecond)
{
	ck_assert_uint_eq(verdict_retry_after("Fri, 20 Nov 2026 12:00:01 GMT",
				  NOON + NS_PER_S / 4),
		NS_PER_S * 3 / 4);
}
END_TEST

int main(void)
{
	TCase *t = tcase_create("verdict");

	tcase_add_loop_test(
		t, retry_after_takes_seconds_and_dates, 0, COUNT(rows));
	tcase_add_test(t, a_date_counts_from_the_very_nanosecond);
	return suite_run("verdict", t);
}
