#include "monitor/guard.h"

#include "lib/suite.h"

/* ann:pässword, and any:s3cret */
#define BASIC_ANN "Basic YW5uOnDDpHNzd29yZA=="
#define BASIC_ANY "Basic YW55OnMzY3JldA=="
#define BEARER    "Bearer s3cret"

static const struct guard by_user = { .user = "ann",
	.password = "p\xc3\xa4ssword" };
static const struct guard by_token = { .token = "s3cret" };
static const struct guard by_both = {
	.user = "ann", .password = "p\xc3\xa4ssword", .token = "s3cret"
};
static const struct guard open = { 0 };

static const struct {
	const struct guard *guard;
	const char *header;
	bool admits;
} cases[] = {
	{ &open, NULL, true },
	{ &open, "Basic nonsense", true },
	{ &by_user, NULL, false },
	{ &by_user, "", false },
	{ &by_user, BASIC_ANN, true },
	{ &by_user, "basic  YW5uOnDDpHNzd29yZA==", true },
	{ &by_user, "YW5uOnDDpHNzd29yZA==", false },
	{ &by_user, "Basic YW5uOnDDpHNzd29yZA", false },
	{ &by_user, "Basic ", false },
	{ &by_user, "Basic !!!!", false },
	{ &by_user, "Basic YW5u", false },                 /* ann */
	{ &by_user, "Basic YW5uOg==", false },             /* ann: */
	{ &by_user, "Basic YW5uOnBhc3M=", false },         /* ann:pass */
	{ &by_user, "Basic Ym9iOnDDpHNzd29yZA==", false }, /* bob: */
	{ &by_user, "Basic QU5OOnDDpHNzd29yZA==", false }, /* ANN: */
	{ &by_user, BEARER, false },
	{ &by_token, BEARER, true },
	{ &by_token, "bearer s3cret", true },
	{ &by_token, "Bearer s3cre", false },
	{ &by_token, "Bearer s3crets", false },
	{ &by_token, "Bearer ", false },
	{ &by_token, "Bearers3cret", false },
	{ &by_token, "s3cret", false },
	{ &by_token, BASIC_ANY, true }, /* a browser's way */
	{ &by_token, BASIC_ANN, false },
	{ &by_both, BASIC_ANN, true },
	{ &by_both, BEARER, true },
	{ &by_both, BASIC_ANY, false }, /* there is a user: it must be that */
	{ &by_both, NULL, false },
};

START_TEST(only_the_right_header_is_let_in)
{
	ck_assert_msg(guard_admits(cases[_i].guard, cases[_i].header) ==
			      cases[_i].admits,
		"case %d: %s", _i, cases[_i].header);
}
END_TEST

START_TEST(only_this_machines_own_addresses_are_loopback)
{
	static const struct {
		const char *text;
		bool loopback;
	} addresses[] = {
		{ "tcp://127.0.0.1:1", true },
		{ "tcp://127.9.8.7:1", true },
		{ "tcp://[::1]:1", true },
		{ "tcp://[::ffff:127.0.0.1]:1", true },
		{ "tcp://0.0.0.0:1", false },
		{ "tcp://[::]:1", false },
		{ "tcp://128.0.0.1:1", false },
		{ "tcp://192.0.2.1:1", false },
		{ "tcp://[::ffff:192.0.2.1]:1", false },
		{ "tcp://[2001:db8::1]:1", false },
	};

	for (size_t i = 0; i < sizeof(addresses) / sizeof(addresses[0]); i++) {
		struct address a;

		ck_assert_int_eq(address_parse(&a, addresses[i].text), 0);
		ck_assert_msg(guard_is_loopback(&a) == addresses[i].loopback,
			"%s", addresses[i].text);
	}
}
END_TEST

int main(void)
{
	TCase *t = tcase_create("guard");

	tcase_add_loop_test(t, only_the_right_header_is_let_in, 0,
		(int)(sizeof(cases) / sizeof(cases[0])));
	tcase_add_test(t, only_this_machines_own_addresses_are_loopback);
	return suite_run("guard", t);
}
