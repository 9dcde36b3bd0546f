/*
 * Verb: what tapferryctl can be told, by one table: words, arguments, the
 * request they make, and how its result is shown.  Help, usage and completion
 * come from it.
 */
#ifndef TAPFERRY_CTL_VERB_H
#define TAPFERRY_CTL_VERB_H

#include "ctl/show.h"
#include "ctl/verb_line.h"

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

/* All there are, from 0 on; NULL behind the last. */
const struct verb *verb_at(unsigned i);

/* Is it one of its options? */
bool verb_takes(const struct verb *v, const char *option);

/* @group:  only what begins with that word; NULL, or none: all */
void verb_help(const char *group, struct buf *out);
/* "tapferryctl backends add URL [WEIGHT] [--output NAME]" */
void verb_usage(const struct verb *v, struct buf *out);

#endif
