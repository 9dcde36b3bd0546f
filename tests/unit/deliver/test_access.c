#include "deliver/access.h"

#include "lib/suite.h"

static char one[] = "A: 1", two[] = "B: 2";
static char *output_line[] = { one }, *backend_line[] = { two };

static const struct access_settings output = {
	.token = "t",
	.proxy = "http://p",
	.headers = { output_line, 1 },
	.tls_ca = "ca",
	.tls_cert = "cert",
	.tls_key = "key",
	.tls_server_name = "name",
	.tls_insecure = 1,
};

START_TEST(a_backend_that_says_nothing_is_as_its_output)
{
	const struct access_settings none = { 0 };
	struct access_settings a = access_merge(&none, &output);

	ck_assert_str_eq(a.token, "t");
	ck_assert_str_eq(a.proxy, "http://p");
	ck_assert_str_eq(a.headers.lines[0], "A: 1");
	ck_assert_str_eq(a.tls_ca, "ca");
	ck_assert_str_eq(a.tls_cert, "cert");
	ck_assert_str_eq(a.tls_key, "key");
	ck_assert_str_eq(a.tls_server_name, "name");
	ck_assert_uint_eq(a.tls_insecure, 1);
	ck_assert_uint_eq(a.http2, 0);
}
END_TEST

START_TEST(what_a_backend_says_of_itself_wins)
{
	const struct access_settings own = {
		.user = "u",
		.password = "p",
		.proxy = "http://q",
		.headers = { backend_line, 1 },
		.tls_ca = "ca2",
		.tls_cert = "cert2",
		.tls_key = "key2",
		.tls_server_name = "name2",
		.tls_insecure = ACCESS_NO,
		.http2 = ACCESS_YES,
	};
	struct access_settings a = access_merge(&own, &output);

	/* a user of its own, so the output's token is not for it */
	ck_assert_ptr_null(a.token);
	ck_assert_str_eq(a.user, "u");
	ck_assert_str_eq(a.password, "p");
	ck_assert_str_eq(a.proxy, "http://q");
	ck_assert_uint_eq(a.headers.n, 1);
	ck_assert_str_eq(a.headers.lines[0], "B: 2");
	ck_assert_str_eq(a.tls_ca, "ca2");
	ck_assert_str_eq(a.tls_cert, "cert2");
	ck_assert_str_eq(a.tls_key, "key2");
	ck_assert_str_eq(a.tls_server_name, "name2");
	ck_assert_uint_eq(a.tls_insecure, 0);
	ck_assert_uint_eq(a.http2, 1);
}
END_TEST

int main(void)
{
	TCase *t = tcase_create("access");

	tcase_add_test(t, a_backend_that_says_nothing_is_as_its_output);
	tcase_add_test(t, what_a_backend_says_of_itself_wins);
	return suite_run("access", t);
}
