#include "lib/fault.h"

#include <errno.h>
#include <stdatomic.h>
#include <stdlib.h>

static _Atomic unsigned countdown;
static _Atomic bool happened;
static _Atomic unsigned allocations;

void fault_alloc_at(unsigned k)
{
	atomic_store(&happened, false);
	atomic_store(&countdown, k);
}

bool fault_happened(void)
{
	return atomic_load(&happened);
}

unsigned fault_allocations(void)
{
	return atomic_load(&allocations);
}

static bool fails(void)
{
	unsigned left = atomic_load(&countdown);

	atomic_fetch_add(&allocations, 1);
	if (left == 0)
		return false;
	atomic_store(&countdown, left - 1);
	if (left != 1)
		return false;
	atomic_store(&happened, true);
	errno = ENOMEM;
	return true;
}

/* The names ld's --wrap gives to the caller's and to the real functions. */
void *__real_malloc(size_t n);
void *__real_calloc(size_t n, size_t size);
void *__real_realloc(void *p, size_t n);
void *__real_aligned_alloc(size_t alignment, size_t n);
void *__wrap_malloc(size_t n);
void *__wrap_calloc(size_t n, size_t size);
void *__wrap_realloc(void *p, size_t n);
void *__wrap_aligned_alloc(size_t alignment, size_t n);

void *__wrap_malloc(size_t n)
{
	return fails() ? NULL : __real_malloc(n);
}

void *__wrap_calloc(size_t n, size_t size)
{
	return fails() ? NULL : __real_calloc(n, size);
}

void *__wrap_realloc(void *p, size_t n)
{
	return fails() ? NULL : __real_realloc(p, n);
}

void *__wrap_aligned_alloc(size_t alignment, size_t n)
{
	return fails() ? NULL : __real_aligned_alloc(alignment, n);
}
