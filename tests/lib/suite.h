/* Suite: the main() of a check program, so that each test file only lists its
 * tests. */
#ifndef TESTS_LIB_SUITE_H
#define TESTS_LIB_SUITE_H

#include <check.h>

/* Runs the one test case of a file; the exit status of the program. */
static inline int suite_run(const char *name, TCase *t)
{
	Suite *s = suite_create(name);
	SRunner *sr = srunner_create(s);

	suite_add_tcase(s, t);
	srunner_run_all(sr, CK_NORMAL);
	int failed = srunner_ntests_failed(sr);
	srunner_free(sr);
	return failed != 0;
}

/*
 * For loops of many thousands: check writes down where every assertion of its
 * own stands, before it looks, and that takes microseconds.
 */
#define ensure(condition)                               \
	do {                                            \
		if (!(condition))                       \
			ck_abort_msg("%s", #condition); \
	} while (0)

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))

#endif
