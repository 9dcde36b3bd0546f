/*
 * count_allocations: a library to preload (tests/bench/costs.sh makes it of
 * this file): how often each thread asked for memory.
 *
 * At the end writes a line a thread, "TID COUNT", into the file that
 * $COUNT_ALLOCATIONS names.  glibc's own names are behind malloc() and its
 * kind.
 */
#define _GNU_SOURCE
#include <fcntl.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

void *__libc_malloc(size_t n);
void *__libc_calloc(size_t n, size_t size);
void *__libc_realloc(void *p, size_t n);

enum { THREADS_MAX = 1024 };

static struct {
	pid_t tid;
	unsigned long count;
} threads[THREADS_MAX];

static _Atomic unsigned n_threads;
static __thread unsigned mine; /* 1 + index */
static int file = -1;

/* Before anything is fenced in. */
static void __attribute__((constructor)) begin(void)
{
	const char *name = getenv("COUNT_ALLOCATIONS");

	if (name != NULL)
		file = open(
			name, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666);
}

static void __attribute__((destructor)) end(void)
{
	unsigned n = n_threads < THREADS_MAX ? n_threads : THREADS_MAX;

	for (unsigned i = 0; i < n; i++)
		dprintf(file, "%d %lu\n", (int)threads[i].tid,
			threads[i].count);
}

static void count(void)
{
	if (mine == 0) {
		mine = 1 + atomic_fetch_add(&n_threads, 1);
		if (mine <= THREADS_MAX)
			threads[mine - 1].tid = gettid();
	}
	if (mine <= THREADS_MAX)
		threads[mine - 1].count++;
}

void *malloc(size_t n)
{
	count();
	return __libc_malloc(n);
}

void *calloc(size_t n, size_t size)
{
	count();
	return __libc_calloc(n, size);
}

void *realloc(void *p, size_t n)
{
	count();
	return __libc_realloc(p, n);
}
