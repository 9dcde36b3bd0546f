#include <check.h>
#include <stdlib.h>

#include "deliver/range.h"
#include "lib/suite.h"

static uint8_t data[] = "aaabbccccd";
static uint32_t ends[] = { 3, 5, 9, 10 };

START_TEST(bytes_of_the_next_events)
{
	struct batch b = { .data = data, .ends = ends, .events = 4 };

	ck_assert_uint_eq(range_bytes(&b, 4).len, 10);
	ck_assert_uint_eq(range_bytes(&b, 0).len, 0);
	b.first = 1;
	ck_assert_ptr_eq(range_bytes(&b, 2).data, data + 3);
	ck_assert_uint_eq(range_bytes(&b, 2).len, 6);
}
END_TEST

/* Every first event and every limit, against a count by hand. */
START_TEST(as_many_events_as_fit)
{
	struct batch b = { .data = data, .ends = ends, .events = 4 };

	for (b.first = 0; b.first <= 4; b.first++) {
		for (size_t max = 0; max <= 11; max++) {
			uint32_t n = 0;

			while (b.first + n < 4 &&
				ends[b.first + n] - batch_start(&b, b.first) <=
					max)
				n++;
			ck_assert_uint_eq(range_events(&b, max), n);
		}
		ck_assert_uint_eq(range_events(&b, SIZE_MAX), 4 - b.first);
	}
}
END_TEST

int main(void)
{
	TCase *t = tcase_create("range");

	tcase_add_test(t, bytes_of_the_next_events);
	tcase_add_test(t, as_many_events_as_fit);
	return suite_run("range", t);
}
