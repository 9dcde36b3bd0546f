#include "control/settings.h"

#include <string.h>

#include "lib/suite.h"

/* Room for the largest of the scopes' structs. */
union values {
	struct main_values top;
	struct listener_values listener;
	struct output_values output;
	struct backend_settings backend;
};

START_TEST(every_default_is_allowed_and_prints_as_it_reads)
{
	for (size_t i = 0; i < n_settings; i++) {
		const struct setting *s = &settings[i];
		union values v, again;
		struct buf why = BUF_NULL, text = BUF_NULL;

		memset(&v, 0, sizeof(v));
		memset(&again, 0, sizeof(again));
		if (s->def == NULL)
			continue;
		ck_assert_msg(setting_parse(s, s->def, &v, &why) == 0, "%s: %s",
			s->key, buf_str(&why));
		setting_format(s, &v, &text);
		ck_assert_int_eq(
			setting_parse(s, buf_str(&text), &again, &why), 0);
		buf_clear(&why);
		setting_format(s, &again, &why);
		ck_assert_str_eq(buf_str(&why), buf_str(&text));
		buf_deinit(&why);
		buf_deinit(&text);
	}
}
END_TEST

START_TEST(every_row_can_be_found_by_its_key)
{
	for (size_t i = 0; i < n_settings; i++) {
		const struct setting *s = &settings[i];

		ck_assert_ptr_eq(setting_find(s->scope, s->key, s->fits), s);
		ck_assert_msg(*s->help != '\0', "%s has no help", s->key);
		ck_assert_msg(scope_find(s->scope, s->key, FITS_ALL) == NULL,
			"%s is a group as well", s->key);
	}
}
END_TEST

START_TEST(a_key_may_have_a_row_for_each_output_type)
{
	const struct setting *hec =
		setting_find(SCOPE_BATCH, "linger", FITS_HEC);
	const struct setting *file =
		setting_find(SCOPE_BATCH, "linger", FITS_FILE);

	ck_assert_str_eq(hec->def, "1s");
	ck_assert_str_eq(file->def, "200ms");
}
END_TEST

/* what is wrong with a value, and what would be right */
static const struct {
	enum setting_scope scope;
	const char *key, *text, *why;
} wrong[] = {
	{ SCOPE_TOP, "workers", "257",
		"\"257\" is out of range (allowed: 0..256 threads)" },
	{ SCOPE_TOP, "workers", "-1", "out of range" },
	{ SCOPE_TOP, "workers", "99999999999999999999", "out of range" },
	{ SCOPE_TOP, "workers", "two", "not a whole number" },
	{ SCOPE_TOP, "workers", "2x", "not a whole number" },
	{ SCOPE_TOP, "workers", "", "not a whole number" },
	{ SCOPE_TOP, "stats_interval", "500ms",
		"out of range (allowed: 0 or 1s..1d)" },
	{ SCOPE_SHUTDOWN, "drain", "5", "needs a unit" },
	{ SCOPE_SHUTDOWN, "drain", "5 parsecs", "not a duration" },
	{ SCOPE_SHUTDOWN, "drain", "2h", "out of range (allowed: 0s..1h)" },
	{ SCOPE_BATCH, "bytes", "63KiB", "(allowed: 64KiB..64MiB)" },
	{ SCOPE_BATCH, "bytes", "1MX", "not a size" },
	{ SCOPE_LOG, "level", "inof", "did you mean info?" },
	{ SCOPE_LOG, "level", "loud",
		"(allowed: error, warning, warn, info, debug)" },
	{ SCOPE_LISTENER, "mode", "0888", "not an octal mode" },
	{ SCOPE_LISTENER, "mode", "7777", "0000..0777" },
	{ SCOPE_LISTENER, "mode", "60", "not an octal mode" },
	{ SCOPE_LISTENER, "address", "udp://1.2.3.4:5", "tcp://host:port" },
	{ SCOPE_LISTENER, "name", "", "is empty" },
	{ SCOPE_LISTENER, "name", "a.b", "letters, digits" },
	{ SCOPE_LISTENER, "name", "12", "not digits alone" },
	{ SCOPE_BACKEND, "url", "splunk:8088", "http" },
	{ SCOPE_BACKEND, "url", "http://u:secret@h:11/",
		"\"http://********@h:11/\" needs a host" },
	{ SCOPE_BACKEND, "url", "http://u:sec@ret/?@h/",
		"\"http://********@h/\" needs a host" },
	{ SCOPE_BACKEND, "url", "u:secret@h:11", "\"********@h:11\" must" },
	{ SCOPE_BACKEND, "url", "ftp://h/p?token=secret",
		"\"ftp://h/p?********\" must" },
	{ SCOPE_OUTPUT, "proxy", "gopher://p", "must be the URL of a proxy" },
	{ SCOPE_OUTPUT, "proxy", "p:3128", "must be the URL of a proxy" },
	{ SCOPE_OUTPUT, "proxy", "http://********@p", "--print-config prints" },
	{ SCOPE_OUTPUT, "proxy", "http://u:secret@127.0.0.1:999999",
		"no good host and port" },
	{ SCOPE_OUTPUT, "proxy", "http://u:sec#ret@p:3128", "%23 for #" },
	{ SCOPE_OUTPUT, "proxy", "http://u:12#secret@p:3128", "%23 for #" },
	{ SCOPE_OUTPUT, "proxy", "http://u:12/secret@p:3128", "%2F for /" },
	{ SCOPE_OUTPUT, "proxy", "http://u:12?secret@p:3128", "no good host" },
	{ SCOPE_OUTPUT, "proxy", "http://u:sec@ret@p:3128", "%40 for @" },
	{ SCOPE_OUTPUT, "proxy", "http://u:secret%00@p:3128", "no good host" },
	{ SCOPE_OUTPUT, "proxy", "http://u:secret@:3128", "no good host" },
	{ SCOPE_TLS, "insecure", "yes", "neither true nor false" },
	{ SCOPE_OUTPUT, "index", "a\nb", "control characters" },
	{ SCOPE_OUTPUT, "path", "", "is empty" },
};

START_TEST(a_wrong_value_says_what_is_wrong_and_what_is_allowed)
{
	const struct setting *s =
		setting_find(wrong[_i].scope, wrong[_i].key, FITS_ALL);
	union values v, before;
	struct buf why = BUF_NULL;

	memset(&v, 0, sizeof(v));
	before = v;
	ck_assert_ptr_nonnull(s);
	ck_assert_int_ne(setting_parse(s, wrong[_i].text, &v, &why), 0);
	ck_assert_msg(strstr(buf_str(&why), wrong[_i].why) != NULL, "%s=%s: %s",
		s->key, wrong[_i].text, buf_str(&why));
	ck_assert_ptr_null(strstr(buf_str(&why), "secret"));
	if (s->type != SETTING_ADDRESS)
		ck_assert_mem_eq(&v, &before, sizeof(v));
	buf_deinit(&why);
}
END_TEST

START_TEST(a_wrong_secret_is_not_repeated)
{
	const struct setting *s = setting_find(SCOPE_OUTPUT, "token", FITS_HEC);
	struct output_values v = { 0 };
	struct buf why = BUF_NULL;

	ck_assert_int_ne(setting_parse(s, "my secret", &v, &why), 0);
	ck_assert_ptr_null(strstr(buf_str(&why), "secret"));
	buf_clear(&why);
	ck_assert_int_ne(setting_parse(s, SECRET_MASK, &v, &why), 0);
	ck_assert_ptr_nonnull(strstr(buf_str(&why), "--print-config"));
	buf_deinit(&why);
}
END_TEST

/* text as given, and as it is printed */
static const struct {
	enum setting_scope scope;
	const char *key, *text, *printed;
} right[] = {
	{ SCOPE_TOP, "workers", "256", "256" },
	{ SCOPE_TOP, "stats_interval", "0", "0s" },
	{ SCOPE_TOP, "stats_interval", "1.5m", "90s" },
	{ SCOPE_BATCH, "bytes", "65536", "64KiB" },
	{ SCOPE_BATCH, "bytes", "0.5MB", "500kB" },
	{ SCOPE_LOG, "level", "warn", "warning" },
	{ SCOPE_LOG, "level", "debug", "debug" },
	{ SCOPE_LOG, "level", "INFO", "info" },
	{ SCOPE_OUTPUT, "type", "hec", "hec" },
	{ SCOPE_OUTPUT, "compression", "none", "none" },
	{ SCOPE_OUTPUT, "token", "4ec0", SECRET_MASK },
	{ SCOPE_LISTENER, "mode", "660", "0660" },
	{ SCOPE_LISTENER, "address", "/run/x.sock", "unix:/run/x.sock" },
	{ SCOPE_LISTENER, "address", "tcp://[::]:6000", "tcp://[::]:6000" },
	{ SCOPE_TLS, "insecure", "true", "true" },
	{ SCOPE_OUTPUT, "proxy", "socks5h://p:1080", "socks5h://p:1080" },
	{ SCOPE_OUTPUT, "proxy", "http://me:s3cret@p:3128",
		"http://" SECRET_MASK "@p:3128" },
	{ SCOPE_OUTPUT, "proxy", "http://u:a%23b%2F@[::1]:3128/",
		"http://" SECRET_MASK "@[::1]:3128/" },
	{ SCOPE_OUTPUT, "proxy", "HTTPS://p", "HTTPS://p" },
	{ SCOPE_OUTPUT, "proxy", "socks5h://localhost/run/tor/socks",
		"socks5h://localhost/run/tor/socks" },
	{ SCOPE_OUTPUT, "proxy", "", "" },
	{ SCOPE_BACKEND, "url", "https://h:8088", "https://h:8088" },
	{ SCOPE_OUTPUT, "source", "", "" },
};

START_TEST(a_right_value_is_printed_in_one_way)
{
	const struct setting *s =
		setting_find(right[_i].scope, right[_i].key, FITS_ALL);
	union values v;
	struct buf text = BUF_NULL;

	memset(&v, 0, sizeof(v));
	ck_assert_int_eq(setting_parse(s, right[_i].text, &v, &text), 0);
	setting_format(s, &v, &text);
	ck_assert_str_eq(buf_str(&text), right[_i].printed);
	buf_deinit(&text);
}
END_TEST

START_TEST(a_misspelt_key_finds_the_nearest_one)
{
	static const struct {
		enum setting_scope scope;
		const char *key, *nearest;
	} cases[] = {
		{ SCOPE_TOP, "wrokers", "workers" },
		{ SCOPE_TOP, "listener", "listeners" },
		{ SCOPE_TOP, "bufer_size", "buffer_size" },
		{ SCOPE_OUTPUT, "tokenfile", "token_file" },
		{ SCOPE_OUTPUT, "batches", "batch" },
		{ SCOPE_OUTPUT, "linger", "outputs[].batch.linger" },
		{ SCOPE_TOP, "max_frame", "limits.max_frame" },
		{ SCOPE_TOP, "xyzzy", NULL },
	};

	for (size_t i = 0; i < COUNT(cases); i++) {
		struct buf near = BUF_NULL;
		bool found = setting_nearest(
			cases[i].scope, cases[i].key, FITS_ALL, &near);

		ck_assert_msg(found == (cases[i].nearest != NULL), "%s",
			cases[i].key);
		if (found)
			ck_assert_str_eq(buf_str(&near), cases[i].nearest);
		buf_deinit(&near);
	}
}
END_TEST

START_TEST(distance_counts_edits)
{
	char longest[100];

	ck_assert_uint_eq(text_distance("", ""), 0);
	ck_assert_uint_eq(text_distance("abc", "abc"), 0);
	ck_assert_uint_eq(text_distance("", "abc"), 3);
	ck_assert_uint_eq(text_distance("abc", "acb"), 1);
	ck_assert_uint_eq(text_distance("abc", "abxc"), 1);
	ck_assert_uint_eq(text_distance("kitten", "sitting"), 3);
	memset(longest, 'x', sizeof(longest) - 1);
	longest[sizeof(longest) - 1] = '\0';
	ck_assert_uint_gt(text_distance(longest, "x"), 10);
}
END_TEST

int main(void)
{
	TCase *t = tcase_create("settings");

	tcase_add_test(t, every_default_is_allowed_and_prints_as_it_reads);
	tcase_add_test(t, every_row_can_be_found_by_its_key);
	tcase_add_test(t, a_key_may_have_a_row_for_each_output_type);
	tcase_add_loop_test(t,
		a_wrong_value_says_what_is_wrong_and_what_is_allowed, 0,
		COUNT(wrong));
	tcase_add_test(t, a_wrong_secret_is_not_repeated);
	tcase_add_loop_test(
		t, a_right_value_is_printed_in_one_way, 0, COUNT(right));
	tcase_add_test(t, a_misspelt_key_finds_the_nearest_one);
	tcase_add_test(t, distance_counts_edits);
	return suite_run("settings", t);
}
