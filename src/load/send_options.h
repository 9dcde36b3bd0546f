/*
 * Send options: the command line of `tapferry-load send`.
 */
#ifndef TAPFERRY_LOAD_SEND_OPTIONS_H
#define TAPFERRY_LOAD_SEND_OPTIONS_H

#include "load/send.h"
#include "load/tls_dial.h"

struct send_options {
	const char *to;
	const char **captures; /* as many as arguments at most */
	unsigned n_captures;
	bool generate;
	bool loop;
	bool number; /* --number */
	uint64_t seed;
	const char *identity; /* NULL: the usual one */
	const char *sources;
	const char *profile;
	uint64_t ramp_ns;
	uint64_t rate;
	bool has_connects;           /* --connects */
	bool tls;                    /* one of --tls-... was given */
	char name[INET6_ADDRSTRLEN]; /* where --tls-name is not given */
	struct tls_dial_settings dial;
	struct send_settings send;
};

/*
 * send_options_parse() - all of it
 * @o:       zero
 * @helped:  set: --help was asked for and given
 *
 * o->captures is to be freed.  Strings are those of argv.
 * Return: 0; EXIT_USAGE after a message; -ENOMEM.
 */
int send_options_parse(
	struct send_options *o, int argc, char **argv, bool *helped);

/*
 * send_options_check() - do they go together?  What follows from them
 * Return: 0, or EXIT_USAGE after a message.
 */
int send_options_check(struct send_options *o);

#endif
