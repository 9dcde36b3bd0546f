#include "ctl/verb.h"

#include <stdio.h>
#include <string.h>

#include "control/settings.h"
#include "ctl/client.h"

static const struct verb verbs[] = {
	{ "status", "", "status", "", "", "", show_status,
		"what the daemon does, at a glance" },
	{ "top", "", NULL, "", "interval once sort", "", NULL,
		"the same, live, with the busiest connections; q ends it" },
	{ "ledger", "", "status", "", "", "outputs", show_ledger,
		"where every event went" },
	{ "connections", "", "connections", "", "sort limit", "",
		show_connections, "who is connected, and what each brings" },
	{ "connections", "close", "connections.close", "id#?", "peer", "",
		show_closed, "close one connection, or all of a network" },
	{ "backends", "", "backends", "", "", "", show_backends,
		"the backends of all outputs" },
	{ "backends", "add", "backends.add", "url weight#?", "output", "",
		show_backend, "use one more; its weight is 1 unless given" },
	{ "backends", "remove", "backends.remove", "url", "output", "",
		show_backend, "finish its requests, then forget it" },
	{ "backends", "drain", "backends.drain", "url", "output", "",
		show_backend,
		"finish its requests, send it no more, keep it listed" },
	{ "backends", "enable", "backends.enable", "url", "output", "",
		show_backend, "use a drained or disabled one again" },
	{ "backends", "disable", "backends.disable", "url", "output", "",
		show_backend, "send it nothing from now on" },
	{ "backends", "weight", "backends.weight", "url weight#", "output", "",
		show_backend,
		"give it another share of the requests: 1 to 1000" },
	{ "outputs", "", "status", "", "", "outputs", show_outputs,
		"what each has delivered, dropped and still holds" },
	{ "outputs", "pause", "outputs.pause", "output?", "", "", show_paused,
		"deliver nothing: events wait in memory and spool" },
	{ "outputs", "resume", "outputs.resume", "output?", "", "", show_paused,
		"deliver again" },
	{ "outputs", "flush", "outputs.flush", "output?", "", "", show_flushed,
		"send what is gathered now, full batch or not" },
	{ "spool", "", "spool", "output?", "limit", "", show_spool,
		"the files that wait on disk, the oldest first" },
	{ "spool", "replay", "spool.replay", "output?", "", "", show_replay,
		"no pause any more for a disk that failed or was full" },
	{ "spool", "discard", "spool.discard", "output file#?", "all", "",
		show_discarded,
		"remove a file, or all: their events are gone, and counted" },
	{ "dead-letters", "", "dead-letters", "output?", "limit", "",
		show_letters, "events that collectors refused for good" },
	{ "dead-letters", "replay", "dead-letters.replay", "output?", "", "",
		show_resend, "send them all through their output again" },
	{ "log-level", "", "log-level", "level?", "", "", show_level,
		"show it, or set it: error, warning, info or debug" },
	{ "reload", "", "reload", "", "", "", show_notes,
		"read the configuration again and go on with it" },
	{ "config", "", "config", "", "", "", show_config,
		"the settings in force, secrets masked" },
	{ "shutdown", "", "shutdown", "", "now wait", "", show_shutdown,
		"deliver the rest and end" },
};

enum { N_VERBS = sizeof(verbs) / sizeof(verbs[0]) };

const struct verb *verb_at(unsigned i)
{
	return i < N_VERBS ? &verbs[i] : NULL;
}

static void unknown(const char *group, const char *word, struct buf *error)
{
	const char *best = NULL;
	unsigned nearest = 3;

	for (unsigned i = 0; i < N_VERBS; i++) {
		const char *name =
			group != NULL ? verbs[i].word : verbs[i].group;

		if (group != NULL && strcmp(verbs[i].group, group) != 0)
			continue;
		if (*name != '\0' && text_distance(name, word) < nearest) {
			nearest = text_distance(name, word);
			best = name;
		}
	}
	buf_printf(error, "there is no command %s%s%.64s",
		group != NULL ? group : "", group != NULL ? " " : "", word);
	if (best != NULL)
		buf_printf(error, " (did you mean %s?)", best);
}

const struct verb *verb_find(
	const struct verb_line *l, int *n_words, struct buf *error)
{
	const char *group = l->n_words > 0 ? l->words[0] : "";
	const char *word = l->n_words > 1 ? l->words[1] : "";
	const struct verb *alone = NULL;
	bool others = false;

	if (*group == '\0') {
		buf_add_str(error, "say what is to be done");
		return NULL;
	}
	for (unsigned i = 0; i < N_VERBS; i++) {
		const struct verb *v = &verbs[i];

		if (strcmp(v->group, group) != 0)
			continue;
		if (*v->word == '\0')
			alone = v;
		else
			others = true;
		*n_words = 2;
		if (*v->word != '\0' && strcmp(v->word, word) == 0)
			return v;
	}
	if (alone == NULL) {
		unknown(NULL, group, error);
		return NULL;
	}
	if (others && strcmp(word, "list") == 0)
		return alone;
	*n_words = 1;
	if (!others || *word == '\0' || *alone->arguments != '\0')
		return alone;
	unknown(group, word, error);
	return NULL;
}

/* Of an output, what the ledger is about. */
static json_t *ledger_of(json_t *output)
{
	return json_pack("{s:O, s:O}", "name", json_object_get(output, "name"),
		"ledger", json_object_get(output, "ledger"));
}

json_t *verb_pick(const struct verb *v, json_t *result)
{
	json_t *list, *part, *output;
	size_t i;

	if (*v->pick == '\0')
		return json_incref(result);
	list = json_object_get(result, v->pick);
	if (v->show != show_ledger)
		return json_pack("{s:O}", v->pick, list);
	part = json_array();
	json_array_foreach(list, i, output)
		json_array_append_new(part, ledger_of(output));
	return json_pack("{s:o}", v->pick, part);
}

bool verb_takes(const struct verb *v, const char *option)
{
	size_t len = strlen(option);

	for (const char *p = v->options; *p != '\0';) {
		size_t n = strcspn(p, " ");

		if (n == len && memcmp(p, option, n) == 0)
			return true;
		p += n + (p[n] != '\0');
	}
	return false;
}
