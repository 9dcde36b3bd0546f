/*
 * Option: values of command line options, with errors that say what is wrong.
 *
 * Each function prints one sentence to stderr and returns false for a value
 * that cannot be; the caller ends with EXIT_USAGE.
 */
#ifndef TAPFERRY_LOAD_OPTION_H
#define TAPFERRY_LOAD_OPTION_H

#include <stdbool.h>
#include <stdint.h>

enum { EXIT_USAGE = 2 };

/* A whole number from min to max. */
bool option_number(uint64_t *value, const char *name, const char *text,
	uint64_t min, uint64_t max);

/* "100000" or "100000/s", at least 1. */
bool option_rate(uint64_t *value, const char *name, const char *text);

/* "500ms", "10s"; more than nothing. */
bool option_duration(uint64_t *ns, const char *name, const char *text);

#endif
