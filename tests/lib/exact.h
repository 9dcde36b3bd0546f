/*
 * Exact: octets at the very end of their memory, so that AddressSanitizer (and
 * valgrind) see a parser that reads one too far.
 */
#ifndef TESTS_LIB_EXACT_H
#define TESTS_LIB_EXACT_H

#include <stdlib.h>

#include "base/slice.h"

/* The caller frees with exact_free(). */
static inline struct slice exact_copy(const void *data, size_t len)
{
	uint8_t *copy = malloc(len > 0 ? len : 1);

	if (copy == NULL)
		abort();
	if (len > 0)
		memcpy(copy, data, len);
	return slice_from(copy, len);
}

static inline void exact_free(struct slice s)
{
	free((void *)(uintptr_t)s.data);
}

#endif
