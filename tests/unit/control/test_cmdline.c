#include "control/cmdline.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "control/options.h"
#include "lib/suite.h"

enum { WORDS_MAX = 24 };

static struct cmdline cmd;
static struct buf error = BUF_NULL;
static char *argv[WORDS_MAX];
static char words[512];

/* The words of a line, spaces between them, as main() would get them. */
static int parse(const char *line)
{
	int argc = 0;

	cmdline_deinit(&cmd);
	buf_clear(&error);
	strcpy(words, "tapferryd ");
	strcat(words, line);
	for (char *w = strtok(words, " "); w != NULL; w = strtok(NULL, " "))
		argv[argc++] = w;
	argv[argc] = NULL;
	return cmdline_parse(&cmd, argc, argv, &error);
}

static void teardown(void)
{
	cmdline_deinit(&cmd);
	buf_deinit(&error);
}

static const struct config_override * override(const char *path)
{
	for (size_t i = cmd.source.n_overrides; i-- > 0;)
		if (strcmp(cmd.source.overrides[i].path, path) == 0)
			return &cmd.source.overrides[i];
	ck_abort_msg("no override of %s", path);
}

START_TEST(nothing_given_reads_the_default_file)
{
	ck_assert_int_eq(parse(""), 0);
	ck_assert_int_eq(cmd.action, CMDLINE_RUN);
	ck_assert_str_eq(cmd.source.file, OPTIONS_DEFAULT_FILE);
	ck_assert_uint_eq(cmd.source.n_listeners, 0);
	ck_assert_uint_eq(cmd.source.n_outputs, 0);
	ck_assert_uint_eq(cmd.source.n_overrides, 0);
}
END_TEST

START_TEST(single_settings_do_not_keep_the_file_from_being_read)
{
	ck_assert_int_eq(parse("--log-level debug --hec-token t -t"), 0);
	ck_assert_str_eq(cmd.source.file, OPTIONS_DEFAULT_FILE);
	ck_assert_int_eq(cmd.action, CMDLINE_CHECK);
}
END_TEST

START_TEST(a_listener_or_an_output_stands_for_the_file)
{
	ck_assert_int_eq(parse("--listen tcp://127.0.0.1:1 --listen /b"), 0);
	ck_assert_ptr_null(cmd.source.file);
	ck_assert_uint_eq(cmd.source.n_listeners, 2);
	ck_assert_str_eq(cmd.source.listeners[1].text, "/b");
	ck_assert_str_eq(cmd.source.outputs[0].text, "stdout");

	ck_assert_int_eq(parse("--output stdout"), 0);
	ck_assert_ptr_null(cmd.source.file);
	ck_assert_str_eq(
		cmd.source.listeners[0].text, OPTIONS_DEFAULT_LISTENER);

	ck_assert_int_eq(parse("-c f --output stdout"), 0);
	ck_assert_str_eq(cmd.source.file, "f");
	ck_assert_uint_eq(cmd.source.n_listeners, 0);
	ck_assert_uint_eq(cmd.source.n_outputs, 1);
}
END_TEST

/* names promised to users of an earlier forwarder, as option and variable */
static const struct {
	const char *option, *variable, *value, *path, *text;
} promised[] = {
	{ "--hec-token", "DNSTAP_HEC_TOKEN", "t0", "outputs.*:hec.token",
		"t0" },
	{ "--batch-size", "DNSTAP_BATCH_SIZE", "7", "outputs.*.batch.events",
		"7" },
	{ "--buffer-size", "DNSTAP_BUFFER_SIZE", "8", "buffer_size", "8" },
	{ "--flush-interval", "DNSTAP_FLUSH_INTERVAL_SEC", "0.5",
		"outputs.*.batch.linger", "0.5s" },
	{ "--flush-interval", "DNSTAP_FLUSH_INTERVAL_SEC", "20ms",
		"outputs.*.batch.linger", "20ms" },
	{ "--max-connections", "DNSTAP_MAX_CONNECTIONS", "9",
		"limits.max_connections", "9" },
	{ "--log-level", "DNSTAP_LOG_LEVEL", "debug", "log.level", "debug" },
	{ "--splunk-index", "DNSTAP_SPLUNK_INDEX", "i", "outputs.*.index",
		"i" },
	{ "--splunk-source", "DNSTAP_SPLUNK_SOURCE", "s", "outputs.*.source",
		"s" },
	{ "--splunk-sourcetype", "DNSTAP_SPLUNK_SOURCETYPE", "y",
		"outputs.*.sourcetype", "y" },
	{ "--splunk-host", "DNSTAP_SPLUNK_HOST", "h", "outputs.*.host", "h" },
	{ "-c f --output-path", "DNSTAP_OUTPUT_PATH", "/p", "outputs.*.path",
		"/p" },
	{ "-c f --hec-url", "DNSTAP_HEC_URL", "https://u",
		"outputs.*:hec.backends", "https://u" },
};

START_TEST(promised_names_work_as_options_and_as_variables)
{
	const struct config_override *o;
	char line[128];

	snprintf(line, sizeof(line), "%s %s", promised[_i].option,
		promised[_i].value);
	ck_assert_int_eq(parse(line), 0);
	o = override(promised[_i].path);
	ck_assert_str_eq(o->value, promised[_i].text);
	ck_assert(!o->ambient);
	ck_assert_ptr_nonnull(strstr(o->origin, "command line --"));

	setenv(promised[_i].variable, promised[_i].value, 1);
	ck_assert_int_eq(parse("-c f"), 0);
	o = override(promised[_i].path);
	ck_assert_str_eq(o->value, promised[_i].text);
	ck_assert(o->ambient);
	ck_assert_ptr_nonnull(strstr(o->origin, promised[_i].variable));

	/* an empty one counts as not set */
	setenv(promised[_i].variable, "", 1);
	ck_assert_int_eq(parse("-c f"), 0);
	ck_assert_uint_eq(cmd.source.n_overrides, 0);
}
END_TEST

START_TEST(the_command_line_wins_over_the_environment)
{
	setenv("DNSTAP_BATCH_SIZE", "1", 1);
	setenv("DNSTAP_SOCKET_PATH", "/env", 1);
	setenv("DNSTAP_OUTPUT_TYPE", "stdout", 1);
	ck_assert_int_eq(parse("--batch-size 2 --socket /cmd --output-type "
			       "file --output-path /f"),
		0);
	ck_assert_str_eq(override("outputs.*.batch.events")->value, "2");
	ck_assert_uint_eq(cmd.source.n_listeners, 1);
	ck_assert_str_eq(cmd.source.listeners[0].text, "/cmd");
	ck_assert_uint_eq(cmd.source.n_outputs, 1);
	ck_assert_str_eq(cmd.source.outputs[0].text, "file:/f");
}
END_TEST

START_TEST(outputs_for_local_use_take_the_path)
{
	ck_assert_int_eq(parse("--output-type pipe --output-path /run/p"), 0);
	ck_assert_str_eq(cmd.source.outputs[0].text, "pipe:/run/p");
	ck_assert_uint_eq(cmd.source.n_overrides, 0);
	ck_assert_int_eq(
		parse("--output-type socket --output-path /dev/log"), 0);
	ck_assert_str_eq(cmd.source.outputs[0].text, "socket:/dev/log");
}
END_TEST

START_TEST(the_environment_alone_is_enough)
{
	setenv("DNSTAP_SOCKET_PATH", "/s", 1);
	setenv("DNSTAP_OUTPUT_TYPE", "hec", 1);
	setenv("DNSTAP_HEC_URL", "https://h:8088", 1);
	setenv("DNSTAP_OUTPUT_PATH", "/unused", 1);
	ck_assert_int_eq(parse(""), 0);
	ck_assert_ptr_null(cmd.source.file);
	ck_assert_str_eq(cmd.source.listeners[0].text, "/s");
	ck_assert_uint_eq(cmd.source.n_outputs, 1);
	ck_assert_str_eq(cmd.source.outputs[0].text, "hec:https://h:8088");
	ck_assert(override("outputs.*.path")->ambient);
}
END_TEST

START_TEST(an_address_alone_tells_the_outputs_type)
{
	ck_assert_int_eq(parse("--hec-url https://h:1"), 0);
	ck_assert_str_eq(cmd.source.outputs[0].text, "hec:https://h:1");
	ck_assert_int_eq(parse("--output-path /p"), 0);
	ck_assert_str_eq(cmd.source.outputs[0].text, "file:/p");
	ck_assert_int_eq(parse("--output-type stdout"), 0);
	ck_assert_str_eq(cmd.source.outputs[0].text, "stdout");
}
END_TEST

START_TEST(tokens_are_blotted_out_of_argv)
{
	ck_assert_int_eq(
		parse("--hec-token t0ken -o outputs.h.token=s3cret"), 0);
	ck_assert_str_eq(override("outputs.*:hec.token")->value, "t0ken");
	ck_assert_str_eq(override("outputs.h.token")->value, "s3cret");
	for (int i = 0; argv[i] != NULL; i++) {
		ck_assert_ptr_null(strstr(argv[i], "t0ken"));
		ck_assert_ptr_null(strstr(argv[i], "s3cret"));
	}
}
END_TEST

static const struct {
	const char *line, *message;
} wrong[] = {
	{ "--listne x", "unknown option --listne (did you mean --listen?)" },
	{ "--listne=x", "unknown option --listne (did you mean --listen?)" },
	{ "--frobnicate", "unknown option --frobnicate" },
	{ "-x", "unknown option -x" },
	{ "-tx", "unknown option -x" },
	{ "-c", "--config needs an argument: FILE" },
	{ "--listen", "--listen needs an argument: ADDRESS" },
	{ "--check=3", "--check takes no argument" },
	{ "start", "unexpected argument start" },
	{ "-o workers", "write it as KEY=VALUE" },
	{ "-o =3", "write it as KEY=VALUE" },
	{ "--output-type hec", "needs --hec-url" },
	{ "--output-type file", "needs --output-path" },
	{ "--output-type pipe", "type pipe needs --output-path" },
	{ "--output-type socket", "type socket needs --output-path" },
};

START_TEST(a_wrong_command_line_is_told)
{
	ck_assert_int_eq(parse(wrong[_i].line), CMDLINE_E_USAGE);
	ck_assert_msg(strstr(buf_str(&error), wrong[_i].message) != NULL, "%s",
		buf_str(&error));
}
END_TEST

START_TEST(a_word_of_many_letters_is_many_options)
{
	char line[300] = "-";

	memset(line + 1, 't', 200);
	ck_assert_int_eq(parse(line), 0);
	ck_assert_int_eq(cmd.action, CMDLINE_CHECK);
	ck_assert_int_eq(parse("-th"), 0);
	ck_assert_int_eq(cmd.action, CMDLINE_HELP);
	ck_assert_int_eq(parse("-V"), 0);
	ck_assert_int_eq(cmd.action, CMDLINE_VERSION);
	ck_assert_int_eq(parse("-t --print-config"), 0);
	ck_assert_int_eq(cmd.action, CMDLINE_PRINT);
}
END_TEST

START_TEST(an_empty_value_is_left_to_the_checks)
{
	char *empty[] = { (char[]){ "tapferryd" }, (char[]){ "-c" },
		(char[]){ "f" }, (char[]){ "--flush-interval" }, (char[]){ "" },
		NULL };

	ck_assert_int_eq(cmdline_parse(&cmd, 5, empty, &error), 0);
	ck_assert_str_eq(override("outputs.*.batch.linger")->value, "");
}
END_TEST

START_TEST(the_help_text_fits_a_terminal_and_names_everything)
{
	struct buf help = BUF_NULL;
	const char *line;

	options_help(&help);
	for (line = buf_str(&help); *line != '\0';
		line += strcspn(line, "\n") + 1)
		if (strstr(line, SYSCONFDIR) == NULL &&
			strstr(line, RUNSTATEDIR) == NULL)
			ck_assert_uint_le(strcspn(line, "\n"), 84);
	for (size_t i = 0; i < COUNT(promised); i++)
		ck_assert_ptr_nonnull(
			strstr(buf_str(&help), promised[i].variable));
	buf_deinit(&help);
}
END_TEST

int main(void)
{
	TCase *t = tcase_create("cmdline");

	tcase_add_checked_fixture(t, NULL, teardown);
	tcase_add_test(t, nothing_given_reads_the_default_file);
	tcase_add_test(t, single_settings_do_not_keep_the_file_from_being_read);
	tcase_add_test(t, a_listener_or_an_output_stands_for_the_file);
	tcase_add_loop_test(t, promised_names_work_as_options_and_as_variables,
		0, COUNT(promised));
	tcase_add_test(t, the_command_line_wins_over_the_environment);
	tcase_add_test(t, outputs_for_local_use_take_the_path);
	tcase_add_test(t, the_environment_alone_is_enough);
	tcase_add_test(t, an_address_alone_tells_the_outputs_type);
	tcase_add_test(t, tokens_are_blotted_out_of_argv);
	tcase_add_loop_test(t, a_wrong_command_line_is_told, 0, COUNT(wrong));
	tcase_add_test(t, a_word_of_many_letters_is_many_options);
	tcase_add_test(t, an_empty_value_is_left_to_the_checks);
	tcase_add_test(t, the_help_text_fits_a_terminal_and_names_everything);
	return suite_run("cmdline", t);
}
