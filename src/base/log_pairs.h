/*
 * Log, pairs: key=value as readers can take them apart again, whatever the
 * values are (tapferryd(8), "Log").
 *
 *	output=splunk path="/var/lib/my spool" reason="is no \"size\""
 *
 * A value stands in quotes where the caller's format says so, and where it
 * needs them: it has a blank, a quote or a control character.  In quotes, and
 * nowhere else, a backslash makes \" \\ \n \r \t and \xHH.
 */
#ifndef TAPFERRY_BASE_LOG_PAIRS_H
#define TAPFERRY_BASE_LOG_PAIRS_H

#include <stdarg.h>
#include <stddef.h>

enum { LOG_PAIRS_MAX = 2048 }; /* longer ones are cut */

/*
 * log_pairs_format() - pairs of which the format gives the keys
 * @format:  "key=%s other=\"%s\"": what a conversion puts in never ends its
 *           value.  Between two blanks without a = it is taken as it comes: the
 *           place for pairs that were made before, by log_pair_format().
 *
 * A line that ends early ends after a whole value's quote.
 * Return: octets in out, up to cap; there is no NUL.  Any thread.
 */
size_t log_pairs_format(char *out, size_t cap, const char *format,
	va_list values) __attribute__((format(printf, 3, 0)));

/* One pair, likewise; the value is `len` octets, of which it has what finds
 * room. */
size_t log_pair_format(
	char *out, size_t cap, const char *key, const char *value, size_t len);

/*
 * The other way: the text of a value that stands in quotes, without these.
 * Return: octets in out, at most len.
 */
size_t log_pair_plain(char *out, const char *quoted, size_t len);

#endif
