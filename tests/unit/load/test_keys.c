#include <check.h>
#include <stdio.h>

#include "lib/suite.h"
#include "load/keys.h"

START_TEST(a_key_is_new_once)
{
	struct keys k;
	char key[32];

	ck_assert_int_eq(keys_init(&k), 0);
	for (unsigned i = 0; i < 100; i++) {
		snprintf(key, sizeof(key), "%016x-0-%u", i / 2, i % 2);
		ck_assert(keys_add(&k, key));
		ck_assert(!keys_add(&k, key));
	}
	ck_assert(!keys_add(&k, key));
	keys_deinit(&k);
	keys_deinit(&k);
}
END_TEST

int main(void)
{
	TCase *t = tcase_create("keys");

	tcase_add_test(t, a_key_is_new_once);
	return suite_run("keys", t);
}
