/*
 * The dead letters' own: what their files share and nobody else needs.
 *
 * dead_letters.c writes and lists; resent_letters.c sends again.
 */
#ifndef TAPFERRY_SPOOL_DEAD_LETTERS_OWN_H
#define TAPFERRY_SPOOL_DEAD_LETTERS_OWN_H

#include <limits.h>

#include "spool/dead_letters.h"

enum { DEAD_LETTERS_MODE = 0600 };

static inline const char *letters_older(
	const struct dead_letters *d, unsigned number, char *text)
{
	if (number == 0)
		snprintf(text, PATH_MAX, "%s", d->settings->path);
	else
		snprintf(text, PATH_MAX, "%s.%u", d->settings->path, number);
	return text;
}

static inline const char *letters_resent(
	const struct dead_letters *d, unsigned number, char *text)
{
	snprintf(text, PATH_MAX, "%s.resend.%u", d->settings->path, number);
	return text;
}

/* One more than the number of the oldest one there can be. */
static inline unsigned letters_numbers(const struct dead_letters *d)
{
	return d->settings->keep + 2;
}

/* The file anew if somebody has moved it away.  Return: 0 or -errno. */
int letters_reopen(struct dead_letters *d);

/* What is settled of the file that is being sent again goes: all of it, or its
 * front. */
void letters_end_resent(struct dead_letters *d, bool whole);

#endif
