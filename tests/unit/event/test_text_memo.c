#include "event/text_memo.h"

#include <stdlib.h>

#include "lib/suite.h"

static uint8_t spill[JSON_ROOM_MAX];

/* A peer's text: mostly plain, of any length around the memo's. */
static size_t random_text(uint8_t *text)
{
	size_t len = (size_t)rand() % (2 * TEXT_MEMO_MAX);

	for (size_t i = 0; i < len; i++)
		text[i] = rand() % 20 ? 'a' + rand() % 26
				      : (uint8_t)(rand() % 256);
	return len;
}

/* The same as json_text(), whether it remembers the text or not. */
static void check_same(struct text_memo *m, struct slice text, size_t cap)
{
	static uint8_t got[8 * 1024], want[8 * 1024];
	struct json j = json_begin(want, cap, spill);
	size_t n;

	json_text(&j, text);
	n = json_end(&j);
	j = json_begin(got, cap, spill);
	text_memo_write(m, &j, text);
	ck_assert_uint_eq(json_end(&j), n);
	ck_assert_mem_eq(got, want, n);
}

START_TEST(remembered_text_is_the_text_again)
{
	struct text_memo m = TEXT_MEMO_NULL;
	uint8_t texts[4][2 * TEXT_MEMO_MAX];
	size_t len[4];

	srand(1);
	for (int i = 0; i < 20000; i++) {
		int k = rand() % 4;

		if (i % 100 < 4) {
			k = i % 100;
			len[k] = random_text(texts[k]);
		} else if (rand() % 10 == 0 && len[k] > 0) {
			/* as long as what is remembered, and another */
			texts[k][(size_t)rand() % len[k]] ^= 1;
		}
		for (int again = rand() % 3; again >= 0; again--)
			check_same(&m, slice_from(texts[k], len[k]), 4096);
	}
}
END_TEST

START_TEST(a_buffer_of_any_size_is_filled_alike)
{
	static const char *const names[] = { "", "resolver-1",
		"a \"name\"\n\x01 with what JSON escapes", "\xff\xfe",
		"a name of forty-one octets, all are plain" };
	struct text_memo m = TEXT_MEMO_NULL;

	for (size_t cap = 0; cap < 1200; cap++)
		for (size_t i = 0; i < COUNT(names); i++)
			for (int again = 0; again < 2; again++)
				check_same(&m, slice_from_str(names[i]), cap);
}
END_TEST

int main(void)
{
	TCase *t = tcase_create("text_memo");

	tcase_add_test(t, remembered_text_is_the_text_again);
	tcase_add_test(t, a_buffer_of_any_size_is_filled_alike);
	return suite_run("text_memo", t);
}
