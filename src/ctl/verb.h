/*
 * Verb: what tapferryctl can be told, by one table: words, arguments, the
 * request they make, and how its result is shown.  Help, usage and completion
 * come from it.
 */
#ifndef TAPFERRY_CTL_VERB_H
#define TAPFERRY_CTL_VERB_H

#include <stdbool.h>

#include "ctl/client.h"
#include "ctl/show.h"

/* A command line, taken apart. */
struct verb_line {
	const char *socket; /* never NULL */
	bool json;
	bool help, version;
	/* options of single commands; NULL or false: not given */
	const char *output, *sort, *limit, *peer, *interval;
	bool all, now, wait, once;
	char **words; /* the rest */
	int n_words;
};

struct verb {
	const char *group, *word; /* word "": the group alone */
	const char *command;      /* of the protocol; NULL: `top` */
	/* positional ones, in order: "url weight#?": # a number, ? may be
	 * left out */
	const char *arguments;
	const char *options; /* those it takes: "output limit" */
	const char *pick;    /* what of the result it is about; "": all */
	show_fn *show;
	const char *help;
};

/*
 * verb_parse() - options and words
 * @error:  on failure: one sentence
 * Return: 0 or CTL_USAGE.
 */
int verb_parse(struct verb_line *l, int argc, char **argv, struct buf *error);

/* The verb that the first words are, and how many these are; NULL, with a
 * sentence that names the nearest. */
const struct verb *verb_find(
	const struct verb_line *l, int *n_words, struct buf *error);

/*
 * verb_request() - what is to be sent for it
 * Return: an object, the caller's; NULL, with a sentence.
 */
json_t *verb_request(const struct verb *v, const struct verb_line *l,
	int n_words, struct buf *error);

/* What of the reply's result the verb is about; a new reference. */
json_t *verb_pick(const struct verb *v, json_t *result);

void verb_help(struct buf *out);
/* "tapferryctl backends add URL [WEIGHT] [--output NAME]" */
void verb_usage(const struct verb *v, struct buf *out);

#endif
