/*
 * Option: values of command line options, with errors that say what is wrong.
 *
 * Each option_...() of a value prints one sentence to stderr and returns false
 * for one that cannot be; the caller ends with EXIT_USAGE.
 */
#ifndef TAPFERRY_LOAD_OPTION_H
#define TAPFERRY_LOAD_OPTION_H

#include <getopt.h>
#include <stdbool.h>
#include <stdint.h>

enum { EXIT_USAGE = 2 };

/* The options of one command. */
struct option_table {
	const char *command; /* "send", for messages */
	const char *help;    /* the whole text */
	const struct option
		*known; /* with { "help", no_argument, NULL, 'h' } */
	/* One of them, with its value in optarg.  Return: false after a
	 * message: the value cannot be. */
	bool (*take)(void *into, int option, const char *name);
};

/*
 * option_parse() - the command line of a command
 * @into:    handed to take()
 * @word:    one word that belongs to no option, or NULL where there is none;
 *           NULL: no such word is allowed
 * @helped:  set: --help was asked for and given
 *
 * Return: 0, or EXIT_USAGE after a message.
 */
int option_parse(const struct option_table *table, int argc, char **argv,
	void *into, const char **word, bool *helped);

/* A whole number from min to max. */
bool option_number(uint64_t *value, const char *name, const char *text,
	uint64_t min, uint64_t max);

/* "100000" or "100000/s", at least 1. */
bool option_rate(uint64_t *value, const char *name, const char *text);

/* "500ms", "10s"; more than nothing. */
bool option_duration(uint64_t *ns, const char *name, const char *text);

#endif
