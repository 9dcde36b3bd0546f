/* Command lines of tapferryctl, and the requests that they make. */
#include "ctl/client.h"
#include "ctl/verb.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/suite.h"

static struct buf error;
static struct verb_line line;

static void setup(void)
{
	error = BUF_NULL;
	unsetenv("TAPFERRY_SOCKET");
}

static void teardown(void)
{
	buf_deinit(&error);
}

/* The request of a command line, sorted; NULL: it is refused. */
static const char *request_of(const char *text)
{
	static char words[256], program[] = "tapferryctl", *argv[32];
	static char *dump;
	const struct verb *v;
	json_t *request;
	int argc = 1, n = 0;
	char *next, *rest = words;

	snprintf(words, sizeof(words), "%s", text);
	argv[0] = program;
	while ((next = strtok_r(NULL, " ", &rest)) != NULL)
		argv[argc++] = next;
	argv[argc] = NULL;
	buf_clear(&error);
	if (verb_line_parse(&line, argc, argv, &error) != 0)
		return NULL;
	v = verb_find(&line, &n, &error);
	if (v == NULL)
		return NULL;
	request = verb_request(v, &line, n, &error);
	if (request == NULL)
		return NULL;
	free(dump);
	dump = json_dumps(request, JSON_SORT_KEYS | JSON_COMPACT);
	json_decref(request);
	return dump;
}

static void assert_request(const char *text, const char *wanted)
{
	const char *got = request_of(text);

	if (got == NULL)
		ck_abort_msg("%s: %s", text, buf_str(&error));
	ck_assert_str_eq(got, wanted);
}

static void assert_refused(const char *text, const char *why)
{
	ck_assert_ptr_null(request_of(text));
	if (strstr(buf_str(&error), why) == NULL)
		ck_abort_msg("%s: %s", text, buf_str(&error));
}

START_TEST(words_become_parameters)
{
	assert_request("status", "{\"command\":\"status\"}");
	assert_request("backends add https://a:1 3",
		"{\"command\":\"backends.add\",\"url\":\"https://a:1\","
		"\"weight\":3}");
	assert_request("backends add https://a:1",
		"{\"command\":\"backends.add\",\"url\":\"https://a:1\"}");
	assert_request("connections close 12",
		"{\"command\":\"connections.close\",\"id\":12}");
	assert_request("spool discard out 0", "{\"command\":\"spool.discard\","
					      "\"file\":0,\"output\":\"out\"}");
	assert_request("log-level", "{\"command\":\"log-level\"}");
}
END_TEST

START_TEST(options_stand_anywhere)
{
	assert_request("--limit 5 connections --sort=age",
		"{\"command\":\"connections\",\"limit\":5,\"sort\":\"age\"}");
	assert_request("backends --output o drain u",
		"{\"command\":\"backends.drain\",\"output\":\"o\","
		"\"url\":\"u\"}");
	assert_request("shutdown --now --wait",
		"{\"command\":\"shutdown\",\"now\":true}");
	ck_assert(line.wait);
	assert_request("status -j -s /x", "{\"command\":\"status\"}");
	ck_assert(line.json);
	ck_assert_str_eq(line.socket, "/x");
}
END_TEST

START_TEST(a_list_may_be_called_one)
{
	static const char *const groups[] = { "connections", "backends",
		"outputs", "spool", "dead-letters" };

	for (size_t i = 0; i < COUNT(groups); i++) {
		char text[64], wanted[128];

		snprintf(wanted, sizeof(wanted), "%s", request_of(groups[i]));
		snprintf(text, sizeof(text), "%s list", groups[i]);
		assert_request(text, wanted);
	}
	assert_request(
		"spool list out", "{\"command\":\"spool\",\"output\":\"out\"}");
	assert_request(
		"spool out", "{\"command\":\"spool\",\"output\":\"out\"}");
}
END_TEST

START_TEST(what_cannot_be_is_refused_before_it_is_sent)
{
	assert_refused("", "say what is to be done");
	assert_refused("statsu", "did you mean status?");
	assert_refused("backends dran u", "did you mean drain?");
	assert_refused("reload list", "there is too much: list");
	assert_refused("backends drain", "url is missing");
	assert_refused("backends weight u", "weight is missing");
	assert_refused("backends weight u 1x", "weight: 1x is no number");
	assert_refused("backends weight u -1", "unknown option");
	assert_refused("connections close 99999999999999999999", "no number");
	assert_refused("status --peer x", "status takes no --peer");
	assert_refused("connections --limit", "--limit needs a value");
	assert_refused("status -s", "-s needs a value");
	assert_refused("status -js", "-s needs a value");
	assert_refused("-xj status", "unknown option -x");
	assert_refused("--json -xj status", "unknown option -x");
	assert_refused("-jx status", "unknown option -x");
	assert_refused("--limit=5 -1x", "unknown option -1");
	assert_refused("status --json=yes", "--json takes no value");
	assert_refused("top --onc=yes", "--once takes no value");
	assert_refused("status --frob=x", "unknown option --frob=x");
	assert_refused("outputs pause a b", "there is too much: b");
}
END_TEST

START_TEST(the_environment_names_the_socket)
{
	ck_assert_ptr_nonnull(request_of("status"));
	ck_assert_str_eq(line.socket, CTL_DEFAULT_SOCKET);
	setenv("TAPFERRY_SOCKET", "/run/other", 1);
	ck_assert_ptr_nonnull(request_of("status"));
	ck_assert_str_eq(line.socket, "/run/other");
	setenv("TAPFERRY_SOCKET", "", 1);
	ck_assert_ptr_nonnull(request_of("status"));
	ck_assert_str_eq(line.socket, CTL_DEFAULT_SOCKET);
}
END_TEST

START_TEST(each_command_of_the_help_is_one)
{
	struct buf help = BUF_NULL;
	unsigned n = 0;
	char *text, *row, *rest;

	verb_help(NULL, &help);
	text = buf_take(&help);
	rest = strstr(text, "Commands:\n") + strlen("Commands:\n");
	while ((row = strsep(&rest, "\n")) != NULL && *row != '\0') {
		char words[32] = "";

		if (strncmp(row, "   ", 3) == 0)
			continue; /* what it does */
		sscanf(row, "  %31[a-z -]", words);
		/* arguments are missing, but the command is known */
		if (request_of(words) == NULL &&
			strstr(buf_str(&error), "is missing") == NULL)
			ck_abort_msg("%s: %s", words, buf_str(&error));
		n++;
	}
	ck_assert_uint_eq(n, 25);
	free(text);
}
END_TEST

START_TEST(the_help_of_a_command_has_only_what_is_its_own)
{
	verb_help("spool", &error);
	ck_assert_ptr_nonnull(strstr(buf_str(&error), "spool discard OUTPUT"));
	ck_assert_ptr_nonnull(strstr(buf_str(&error), "--all"));
	ck_assert_ptr_null(strstr(buf_str(&error), "backends"));
	ck_assert_ptr_null(strstr(buf_str(&error), "--peer"));
	buf_clear(&error);
	verb_help("nothing", &error);
	ck_assert_ptr_nonnull(strstr(buf_str(&error), "backends"));
}
END_TEST

int main(void)
{
	TCase *t = tcase_create("verb");

	tcase_add_checked_fixture(t, setup, teardown);
	tcase_add_test(t, words_become_parameters);
	tcase_add_test(t, options_stand_anywhere);
	tcase_add_test(t, a_list_may_be_called_one);
	tcase_add_test(t, what_cannot_be_is_refused_before_it_is_sent);
	tcase_add_test(t, the_environment_names_the_socket);
	tcase_add_test(t, each_command_of_the_help_is_one);
	tcase_add_test(t, the_help_of_a_command_has_only_what_is_its_own);
	return suite_run("verb", t);
}
