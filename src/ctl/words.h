/*
 * Words: numbers as people read them, and values out of replies.
 */
#ifndef TAPFERRY_CTL_WORDS_H
#define TAPFERRY_CTL_WORDS_H

#include <jansson.h>
#include <stddef.h>

enum { WORDS_MAX = 40 };

/* All return text. */
const char *words_bytes(char text[WORDS_MAX], double octets);
const char *words_seconds(char text[WORDS_MAX], double seconds);
/* "1 file", "2 files" */
/* A quantile of a spread, in seconds; ">" before it when it is above all that
 * the spread can tell.  NULL: there is none. */
const char *words_quantile(
	char text[WORDS_MAX], const json_t *spread, const char *name);
const char *words_many(
	char text[WORDS_MAX], unsigned long long n, const char *noun);

/* "queue.batches" of an object; none: NULL, 0, 0. */
const json_t *words_at(const json_t *o, const char *path);
const char *words_text(const json_t *o, const char *path);
double words_real(const json_t *o, const char *path);
unsigned long long words_count(const json_t *o, const char *path);

#endif
