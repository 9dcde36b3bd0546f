/* tapferryctl: talks to a running tapferryd. */
#include <stdio.h>
#include <string.h>

#include "ctl/grid.h"
#include "ctl/top.h"
#include "ctl/words.h"

static int say(const struct buf *text, int status)
{
	if (fputs(buf_str(text), stdout) == EOF || fflush(stdout) == EOF) {
		fprintf(stderr,
			"tapferryctl: cannot write to standard output\n");
		return CTL_REFUSED;
	}
	return status;
}

static int say_json(const json_t *j, int status)
{
	char *text = json_dumps(j, JSON_COMPACT);
	struct buf line = BUF_NULL;

	buf_printf(&line, "%s\n", text != NULL ? text : "null");
	status = say(&line, status);
	free(text);
	buf_deinit(&line);
	return status;
}

/* Refused: to people on stderr, to programs as it came. */
static int refused(const json_t *reply, bool json)
{
	const char *error = words_text(reply, "error");
	const char *cure = words_text(reply, "cure");
	const json_t *line;
	size_t i;

	if (json)
		return say_json(reply, CTL_REFUSED);
	json_array_foreach(words_at(reply, "problems"), i, line)
		fprintf(stderr, "%s\n", json_string_value(line));
	if (error == NULL || *error == '\0')
		error = "the daemon refuses";
	fprintf(stderr, "tapferryctl: %s%s %s\n", error,
		error[strlen(error) - 1] == '?' ? "" : ":",
		cure != NULL ? cure : "see its log");
	return CTL_REFUSED;
}

static int show(
	const struct verb *v, const struct verb_line *l, const json_t *reply)
{
	json_t *result = json_object_get(reply, "result"), *part;
	struct buf text = BUF_NULL;
	int status;

	if (l->json) {
		part = verb_pick(v, result);
		status = say_json(part, CTL_DONE);
		json_decref(part);
		return status;
	}
	v->show(result, &text);
	status = say(&text, CTL_DONE);
	buf_deinit(&text);
	return status;
}

static int ask(const struct verb *v, const struct verb_line *l, json_t *request,
	struct client_link *link)
{
	json_t *reply = NULL;
	int r;

	r = client_ask(link, request, &reply);
	if (r != 0)
		return r;
	r = json_is_true(json_object_get(reply, "ok"))
		    ? show(v, l, reply)
		    : refused(reply, l->json);
	if (r == CTL_DONE && l->wait) {
		client_await_end(link);
		if (!l->json)
			puts("the daemon has ended");
	}
	json_decref(reply);
	return r;
}

static int run(const struct verb *v, const struct verb_line *l, int n_words,
	struct buf *error)
{
	json_t *request = verb_request(v, l, n_words, error);
	struct client_link link;
	int r;

	if (request == NULL) {
		fprintf(stderr, "tapferryctl: %s\nUsage: ", buf_str(error));
		buf_clear(error);
		verb_usage(v, error);
		fputs(buf_str(error), stderr);
		return CTL_USAGE;
	}
	r = client_open(&link, l->socket);
	if (r == 0)
		r = v->command != NULL ? ask(v, l, request, &link)
				       : top_run(&link, l);
	if (link.error.len != 0)
		fprintf(stderr, "tapferryctl: %s\n", buf_str(&link.error));
	client_close(&link);
	json_decref(request);
	return r;
}

static int act(const struct verb_line *l, struct buf *error)
{
	const struct verb *v;
	int n_words = 0;

	if (l->help || l->version) {
		if (l->help)
			verb_help(l->n_words > 0 ? l->words[0] : NULL, error);
		else
			buf_add_str(error, "tapferryctl " PACKAGE_VERSION "\n");
		return say(error, CTL_DONE);
	}
	if (l->n_words > 0 && strcmp(l->words[0], "help") == 0) {
		verb_help(l->words[1], error);
		return say(error, CTL_DONE);
	}
	v = verb_find(l, &n_words, error);
	if (v != NULL)
		return run(v, l, n_words, error);
	fprintf(stderr, "tapferryctl: %s\nTry: tapferryctl --help\n",
		buf_str(error));
	return CTL_USAGE;
}

int main(int argc, char **argv)
{
	struct verb_line line;
	struct buf text = BUF_NULL;
	int r = verb_line_parse(&line, argc, argv, &text);

	if (r == 0)
		r = act(&line, &text);
	else
		fprintf(stderr, "tapferryctl: %s\nTry: tapferryctl --help\n",
			buf_str(&text));
	buf_deinit(&text);
	return r;
}
