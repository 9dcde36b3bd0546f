/*
 * Fault: allocations that are counted, and fail on demand.
 *
 * A program that links with $(FAULT_WRAPS) has malloc, calloc, realloc and
 * aligned_alloc of the archive's objects routed through here.
 */
#ifndef TESTS_LIB_FAULT_H
#define TESTS_LIB_FAULT_H

#include <stdbool.h>

/* The k-th allocation from now on fails, once; 0: none does. */
void fault_alloc_at(unsigned k);

/* Has it failed since? */
bool fault_happened(void);

/* Calls of these functions so far, in all threads. */
unsigned fault_allocations(void);

#endif
