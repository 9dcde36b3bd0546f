#include "load.h"

#include "lib/suite.h"

#define BOTH                                                                  \
	LISTENERS "outputs = ( { name = \"h\"; type = \"hec\"; token_file = " \
		  "\"/nonexistent\"; backends = ( { url = "                   \
		  "\"https://a:8088\"; }, { url = \"https://b:8088\"; } ); "  \
		  "}, { name = \"f\"; type = \"file\"; path = \"/f\"; } );\n"
#define SET(path, value)                              \
	{                                             \
		path, value, "command line -o", false \
	}

/* the token, without which nothing loads, first */
static int set(const char *path, const char *value)
{
	const struct config_override o[] = { SET("outputs.h.token", "t"),
		SET(path, value) };

	return load_with(BOTH, o, COUNT(o));
}

START_TEST(elements_are_named_by_name_by_index_or_all_at_once)
{
	const struct config_override o[] = {
		SET("outputs.*.token", "t"),
		SET("outputs.*.batch.events", "5"),
		SET("outputs.f.batch.events", "6"),
		SET("outputs.0.batch.bytes", "64KiB"),
		SET("outputs.h.backends.1.url", "https://c:1"),
		SET("listeners.0.mode", "0600"),
		SET("limits.max_connections", "77"),
		SET("outputs.f.rotate.gzip", "true"),
		SET("workers", "9"),
	};

	ck_assert_int_eq(load_with(BOTH, o, COUNT(o)), 0);
	ck_assert_uint_eq(config.outputs[0].feed.batch_events, 5);
	ck_assert_uint_eq(config.outputs[1].feed.batch_events, 6);
	ck_assert_uint_eq(config.outputs[0].feed.batch_bytes, 65536);
	ck_assert_str_eq(
		config.outputs[0].remote.backends[0].url, "https://a:8088");
	ck_assert_str_eq(
		config.outputs[0].remote.backends[1].url, "https://c:1");
	ck_assert_uint_eq(config.intake.listeners[0].listen.mode, 0600);
	ck_assert_uint_eq(config.intake.max_connections, 77);
	ck_assert(config.outputs[1].file.rotate_gzip);
	ck_assert_uint_eq(config.intake.workers, 9);
	ck_assert_str_eq(config.outputs[0].remote.access.token, "t");
}
END_TEST

START_TEST(the_last_override_wins)
{
	const struct config_override o[] = {
		SET("outputs.h.token", "t"),
		SET("workers", "3"),
		SET("workers", "4"),
	};

	ck_assert_int_eq(load_with(BOTH, o, COUNT(o)), 0);
	ck_assert_uint_eq(config.intake.workers, 4);
}
END_TEST

START_TEST(all_backends_are_replaced_by_one_url)
{
	ck_assert_int_eq(set("outputs.h.backends", "https://z:1"), 0);
	ck_assert_uint_eq(config.outputs[0].remote.n_backends, 1);
	ck_assert_str_eq(
		config.outputs[0].remote.backends[0].url, "https://z:1");
}
END_TEST

START_TEST(of_token_and_token_file_the_later_one_counts)
{
	const struct config_override o[] = { SET("outputs.h.token", "t"),
		SET("outputs.h.token_file", "/nonexistent") };

	ck_assert_int_eq(load_with(BOTH, o, 1), 0);
	ck_assert_str_eq(config.outputs[0].remote.access.token, "t");
	config_deinit(&config);
	ck_assert_int_eq(load_with(BOTH, o, 2), -EINVAL);
	ck_assert_ptr_nonnull(strstr(buf_str(&error),
		"command line -o: outputs.h.token_file: token file "
		"/nonexistent cannot be read"));
}
END_TEST

static const struct {
	const char *path, *value, *message;
} wrong[] = {
	{ "outputs.g.batch.events", "5",
		"command line -o: outputs.g.batch.events: outputs has no "
		"element g (it has: h, f)" },
	{ "outputs.2.index", "x", "no element 2" },
	{ "outputs.h.bacth.events", "5", "did you mean batch?" },
	{ "outputs.h.batch.evnts", "5", "did you mean events?" },
	{ "outputs.h.path", "/x", "of this type has no setting path" },
	{ "outputs.f.tls.ca", "/x", "of this type has no setting tls" },
	{ "outputs.h", "x", "names an element of outputs" },
	{ "outputs", "x", "is a list, set one of its settings" },
	{ "outputs.h.batch", "x", "is a group, set one of its settings" },
	{ "workers.x", "1", "workers is no group" },
	{ "workres", "1", "did you mean workers?" },
	{ "", "1", "there is no setting" },
	{ "outputs..index", "1", "no element" },
	{ "outputs.*.nonsense", "1", "there is no setting nonsense" },
	{ "workers", "two",
		"command line -o: workers: \"two\" is not a whole number" },
	{ "outputs.h.batch.bytes", "1", "(allowed: 64KiB..64MiB)" },
};

START_TEST(a_wrong_override_is_told_with_its_origin)
{
	ck_assert_int_eq(set(wrong[_i].path, wrong[_i].value), -EINVAL);
	ck_assert_msg(strstr(buf_str(&error), wrong[_i].message) != NULL, "%s",
		buf_str(&error));
	ck_assert_ptr_nonnull(strstr(buf_str(&error), "command line -o"));
}
END_TEST

START_TEST(what_fits_no_output_is_an_error_unless_it_is_ambient)
{
	struct config_override o = { "outputs.*.index", "x", "somewhere",
		true };

	ck_assert_int_eq(load_with(LISTENERS STDOUT, &o, 1), 0);
	config_deinit(&config);
	o.ambient = false;
	ck_assert_int_eq(load_with(LISTENERS STDOUT, &o, 1), -EINVAL);
	ck_assert_str_eq(buf_str(&error),
		"somewhere: outputs.*.index: no listener or output takes it\n");
}
END_TEST

START_TEST(a_file_of_the_wrong_shape_is_told_once)
{
	const struct config_override o[] = { SET("outputs.h.index", "x"),
		SET("limits.max_frame", "1MB") };

	ck_assert_int_eq(
		load_with(LISTENERS "outputs = 5; limits = 3;", o, 2), -EINVAL);
	ck_assert_str_eq(buf_str(&error),
		"test.conf:2: limits: must be a group: limits = { ... };\n"
		"test.conf:2: outputs: must be a list of groups: outputs = "
		"( { ... }, { ... } );\n");
}
END_TEST

START_TEST(added_elements_stand_beside_the_files)
{
	const struct config_addition l[] = {
		{ "/run/a", "command line --listen" },
		{ "tcp://127.0.0.1:1", "command line --listen" },
		{ "/run/b", "command line --listen" },
	};
	const struct config_addition o[] = {
		{ "file:/a", "command line --output" },
		{ "file:/b", "command line --output" },
	};
	const struct config_source source = {
		.file = "test.conf",
		.text = LISTENERS STDOUT,
		.listeners = l,
		.n_listeners = COUNT(l),
		.outputs = o,
		.n_outputs = COUNT(o),
	};

	ck_assert_int_eq(config_load(&config, &source, &error), 0);
	ck_assert_uint_eq(config.intake.n_listeners, 4);
	ck_assert_str_eq(config.intake.listeners[0].name, "l");
	ck_assert_str_eq(config.intake.listeners[1].name, "unix");
	ck_assert_str_eq(config.intake.listeners[2].name, "tcp");
	ck_assert_str_eq(config.intake.listeners[3].name, "unix2");
	ck_assert_uint_eq(config.n_outputs, 3);
	ck_assert_str_eq(config.outputs[1].feed.name, "file");
	ck_assert_str_eq(config.outputs[1].file.path, "/a");
	ck_assert_str_eq(config.outputs[2].feed.name, "file2");
}
END_TEST

START_TEST(an_output_of_no_kind_is_refused)
{
	static const char *const texts[] = { "", "syslog", "file",
		"file:", "hec", "hec:", "stdout:x" };

	for (size_t i = 0; i < COUNT(texts); i++) {
		const struct config_addition o = { texts[i],
			"command line --output" };
		const struct config_source source = {
			.file = "test.conf",
			.text = LISTENERS STDOUT,
			.outputs = &o,
			.n_outputs = 1,
		};

		ck_assert_int_eq(
			config_load(&config, &source, &error), -EINVAL);
		ck_assert_ptr_nonnull(strstr(buf_str(&error),
			"(allowed: stdout, file:PATH, pipe:PATH, "
			"socket:PATH, hec:URL, http:URL)"));
		buf_clear(&error);
	}
}
END_TEST

int main(void)
{
	TCase *t = tcase_create("override");

	tcase_add_checked_fixture(t, NULL, load_teardown);
	tcase_add_test(t, elements_are_named_by_name_by_index_or_all_at_once);
	tcase_add_test(t, the_last_override_wins);
	tcase_add_test(t, all_backends_are_replaced_by_one_url);
	tcase_add_test(t, of_token_and_token_file_the_later_one_counts);
	tcase_add_loop_test(
		t, a_wrong_override_is_told_with_its_origin, 0, COUNT(wrong));
	tcase_add_test(t, what_fits_no_output_is_an_error_unless_it_is_ambient);
	tcase_add_test(t, a_file_of_the_wrong_shape_is_told_once);
	tcase_add_test(t, added_elements_stand_beside_the_files);
	tcase_add_test(t, an_output_of_no_kind_is_refused);
	return suite_run("override", t);
}
