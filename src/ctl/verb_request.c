#include "ctl/verb.h"

#include <errno.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static bool put_value(json_t *request, const char *key, const char *text,
	bool number, struct buf *error)
{
	unsigned long long n;
	char *end;

	if (!number) {
		/* what is no UTF-8 is no name there is */
		if (json_object_set_new(request, key, json_string(text)) == 0)
			return true;
		buf_printf(error, "%s is no UTF-8 text", key);
		return false;
	}
	errno = 0;
	n = strtoull(text, &end, 10);
	if (*text < '0' || *text > '9' || *end != '\0' || errno != 0 ||
		n > INT64_MAX) {
		buf_printf(error, "%s: %.64s is no number", key, text);
		return false;
	}
	json_object_set_new(request, key, json_integer((json_int_t)n));
	return true;
}

static bool put_arguments(json_t *request, const struct verb *v,
	const struct verb_line *l, int at, struct buf *error)
{
	for (const char *p = v->arguments; *p != '\0';) {
		size_t n = strcspn(p, "#? "), end = strcspn(p, " ");
		bool number = p[n] == '#';
		bool optional = p[end - 1] == '?';
		char key[32];

		snprintf(key, sizeof(key), "%.*s", (int)n, p);
		if (at < l->n_words) {
			if (!put_value(request, key, l->words[at++], number,
				    error))
				return false;
		} else if (!optional) {
			buf_printf(error, "%s is missing", key);
			return false;
		}
		p += end + (p[end] != '\0');
	}
	if (at < l->n_words) {
		buf_printf(error, "there is too much: %.64s", l->words[at]);
		return false;
	}
	return true;
}

static bool put_options(json_t *request, const struct verb *v,
	const struct verb_line *l, struct buf *error)
{
	const struct {
		const char *name, *value;
		bool given, number, sent;
	} given[] = {
		{ "all", NULL, l->all, false, true },
		{ "interval", NULL, l->interval != NULL, false, false },
		{ "limit", l->limit, l->limit != NULL, true, true },
		{ "now", NULL, l->now, false, true },
		{ "once", NULL, l->once, false, false },
		{ "output", l->output, l->output != NULL, false, true },
		{ "peer", l->peer, l->peer != NULL, false, true },
		{ "sort", l->sort, l->sort != NULL, false, true },
		{ "wait", NULL, l->wait, false, false },
	};

	for (unsigned i = 0; i < sizeof(given) / sizeof(given[0]); i++) {
		if (!given[i].given)
			continue;
		if (!verb_takes(v, given[i].name)) {
			buf_printf(error, "%s%s%s takes no --%s", v->group,
				*v->word != '\0' ? " " : "", v->word,
				given[i].name);
			return false;
		}
		if (given[i].sent && given[i].value == NULL)
			json_object_set_new(
				request, given[i].name, json_true());
		else if (given[i].sent &&
			 !put_value(request, given[i].name, given[i].value,
				 given[i].number, error))
			return false;
	}
	return true;
}

json_t *verb_request(const struct verb *v, const struct verb_line *l,
	int n_words, struct buf *error)
{
	json_t *request = json_object();

	if (v->command != NULL)
		json_object_set_new(
			request, "command", json_string(v->command));
	if (put_options(request, v, l, error) &&
		put_arguments(request, v, l, n_words, error))
		return request;
	json_decref(request);
	return NULL;
}
