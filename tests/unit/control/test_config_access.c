/* How outputs and backends prove who they are, and whom they trust. */
#include <check.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lib/suite.h"
#include "unit/control/load.h"

#define WITH(settings, backend)                        \
	LISTENERS                                      \
	"outputs = ( { name = \"h\"; type = \"hec\"; " \
	"compression = \"none\"; " settings            \
	" backends = ( { url = \"https://a:8088\"; " backend " } ); } );"

static char dir[] = "/tmp/tapferry-access.XXXXXX";

static void teardown(void)
{
	config_deinit(&config);
	buf_deinit(&error);
}

static const struct access_settings *of_output(void)
{
	return &config.outputs[0].remote.access;
}

static const struct access_settings *of_backend(void)
{
	return &config.outputs[0].remote.backends[0].access;
}

static void put(const char *name, const char *text)
{
	char path[256];
	FILE *f;

	snprintf(path, sizeof(path), "%s/%s", dir, name);
	f = fopen(path, "w");
	ck_assert_ptr_nonnull(f);
	fputs(text, f);
	ck_assert_int_eq(fclose(f), 0);
	ck_assert_int_eq(chmod(path, 0600), 0);
}

START_TEST(a_backend_has_all_of_its_own)
{
	assert_loads(WITH("token = \"t\"; http2 = true;",
		"user = \"u\"; password = \"p w\"; headers = [\"X: 1\"]; "
		"proxy = \"http://p:3128\"; http2 = false; "
		"tls = { server_name = \"n\"; insecure = true; };"));
	ck_assert_str_eq(of_output()->token, "t");
	ck_assert_uint_eq(of_output()->http2, 1);
	ck_assert_ptr_null(of_backend()->token);
	ck_assert_str_eq(of_backend()->user, "u");
	ck_assert_str_eq(of_backend()->password, "p w");
	ck_assert_str_eq(of_backend()->headers.lines[0], "X: 1");
	ck_assert_str_eq(of_backend()->proxy, "http://p:3128");
	ck_assert_str_eq(of_backend()->tls_server_name, "n");
	ck_assert_uint_eq(of_backend()->http2, ACCESS_NO);
	ck_assert_uint_eq(of_backend()->tls_insecure, ACCESS_YES);
	/* and that one is told */
	ck_assert_ptr_nonnull(
		strstr(config_notes(&config), "outputs.h.backends.0: "
					      "tls.insecure: certificates"));
}
END_TEST

START_TEST(a_backend_that_says_nothing_inherits)
{
	assert_loads(WITH("token = \"t\";", ""));
	ck_assert_ptr_null(of_backend()->token);
	ck_assert_uint_eq(of_backend()->http2, ACCESS_INHERIT);
	ck_assert_uint_eq(of_backend()->tls_insecure, ACCESS_INHERIT);
}
END_TEST

START_TEST(secrets_may_come_from_files_everywhere)
{
	char text[1024];

	ck_assert_ptr_nonnull(mkdtemp(dir));
	put("token", "t0ken\n");
	put("password", "with spaces \n");
	snprintf(text, sizeof(text),
		WITH("user = \"u\"; password_file = \"%s/password\";",
			"token_file = \"%s/token\";"),
		dir, dir);
	assert_loads(text);
	ck_assert_str_eq(of_output()->password, "with spaces ");
	ck_assert_str_eq(of_backend()->token, "t0ken");
	config_deinit(&config);
	put("token", "two words\n");
	assert_wrong(text, "token file ");
	put("token", "");
	assert_wrong(text, "is empty");
	unlink(strcat(strcpy(text, dir), "/token"));
	unlink(strcat(strcpy(text, dir), "/password"));
	ck_assert_int_eq(rmdir(dir), 0);
}
END_TEST

START_TEST(a_token_for_each_backend_is_enough)
{
	assert_loads(WITH("", "token = \"own\";"));
	ck_assert_ptr_null(of_output()->token);
	ck_assert_str_eq(of_backend()->token, "own");
}
END_TEST

START_TEST(secrets_are_not_printed)
{
	struct buf out = BUF_NULL;

	assert_loads(WITH("user = \"u\"; password = \"s3cret\";",
		"token = \"t0ken\"; headers = [\"X-Key: k3y\"];"));
	config_print(&config, &out);
	ck_assert_ptr_null(strstr(buf_str(&out), "s3cret"));
	ck_assert_ptr_null(strstr(buf_str(&out), "t0ken"));
	ck_assert_ptr_null(strstr(buf_str(&out), "k3y"));
	ck_assert_ptr_nonnull(strstr(buf_str(&out), "X-Key: ****"));
	config_deinit(&config);
	/* and what is printed in their place is not taken for them */
	assert_wrong(WITH("user = \"u\"; password = \"********\";", ""),
		"is the mask");
	buf_deinit(&out);
}
END_TEST

static const struct {
	const char *text, *says;
} wrong[] = {
	{ WITH("token = \"t\"; user = \"u\";", ""),
		"outputs.h.user: there is a token as well" },
	{ WITH("user = \"u\";", ""), "h.password_file: is missing" },
	{ WITH("token = \"t\"; password = \"p\";", ""),
		"outputs.h.user: is missing" },
	{ WITH("user = \"u:v\"; password = \"p\";", ""), "has a colon" },
	{ WITH("user = \"u\"; password = \"p\"; password_file = \"/x\";", ""),
		"there is a password as well" },
	{ WITH("token = \"t\";", "token_file = \"/nowhere/t\";"),
		"outputs.h.backends.0.token_file: token file /nowhere/t" },
	{ WITH("token = \"t\";", "token = \"t\"; token_file = \"/x\";"),
		"there is a token as well" },
	{ WITH("token = \"t\";", "headers = [\"Authorization: x\"]; "
				 "user = \"u\"; password = \"p\";"),
		"has Authorization, and there is a user" },
	{ WITH("headers = [\"Authorization: x\"];", ""),
		"has Authorization, and there is a token" },
	{ WITH("token = \"t\"; tls = { cert = \"/dev/null\"; };", ""),
		"outputs.h.tls.key: is missing" },
	{ WITH("token = \"t\";", "tls = { key = \"/dev/null\"; };"),
		"outputs.h.backends.0.tls.cert: is missing" },
	{ WITH("token = \"t\";", "tls = { ca = \"/nowhere/ca\"; };"),
		"outputs.h.backends.0.tls.ca: /nowhere/ca cannot be read" },
	{ WITH("token = \"t\";", "tls = { insecure = 1; };"),
		"backends.0.tls.insecure: must be a text" },
	{ WITH("token = \"t\";", "http2 = \"maybe\";"), "inherit, false" },
	{ WITH("token = \"t\"; dialect = true;", ""),
		"outputs.h.dialect: \"true\" is not one of the words" },
	{ WITH("", ""), "there is no HEC token" },
	{ WITH("token = \"t\"; pool = { min_idle = 5; max_idle = 4; };", ""),
		"pool.min_idle: is more than pool.max_idle" },
	{ WITH("token = \"t\"; pool = { min_idle = 5; max_active = 4; };", ""),
		"pool.min_idle: is more than pool.max_active" },
	{ WITH("token = \"t\"; request_timeout = \"car\";", ""),
		"not a duration" },
};

START_TEST(what_cannot_be_is_told)
{
	unsetenv("CREDENTIALS_DIRECTORY");
	assert_wrong(wrong[_i].text, wrong[_i].says);
}
END_TEST

START_TEST(a_request_may_take_as_long_as_it_shows)
{
	struct buf out = BUF_NULL;

	assert_loads(WITH("token = \"t\"; request_timeout = \"auto\";", ""));
	ck_assert_uint_eq(config.outputs[0].remote.request_timeout_ns, 0);
	config_print(&config, &out);
	ck_assert_ptr_nonnull(strstr(buf_str(&out), "= \"auto\";"));
	buf_deinit(&out);
}
END_TEST

int main(void)
{
	TCase *t = tcase_create("config_access");

	tcase_add_checked_fixture(t, NULL, teardown);
	tcase_add_test(t, a_backend_has_all_of_its_own);
	tcase_add_test(t, a_backend_that_says_nothing_inherits);
	tcase_add_test(t, secrets_may_come_from_files_everywhere);
	tcase_add_test(t, a_token_for_each_backend_is_enough);
	tcase_add_test(t, secrets_are_not_printed);
	tcase_add_loop_test(t, what_cannot_be_is_told, 0, COUNT(wrong));
	tcase_add_test(t, a_request_may_take_as_long_as_it_shows);
	return suite_run("config_access", t);
}
