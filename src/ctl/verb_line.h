/*
 * Verb line: the command line of tapferryctl, taken apart.
 */
#ifndef TAPFERRY_CTL_VERB_LINE_H
#define TAPFERRY_CTL_VERB_LINE_H

#include <stdbool.h>

#include "base/buf.h"

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

/*
 * verb_line_parse() - options and words
 * @error:  on failure: one sentence
 * Return: 0 or CTL_USAGE.
 */
int verb_line_parse(
	struct verb_line *l, int argc, char **argv, struct buf *error);

#endif
