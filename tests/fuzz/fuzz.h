/*
 * Fuzz: what the targets share.
 *
 * A target is libFuzzer's LLVMFuzzerTestOneInput(), linked with libFuzzer
 * under --enable-fuzz and with replay_main.c, which runs stored inputs through
 * it, otherwise.  It checks what must hold for any input whatever and aborts
 * where that does not.
 */
#ifndef TAPFERRY_FUZZ_FUZZ_H
#define TAPFERRY_FUZZ_FUZZ_H

#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Unlike assert(), also there with NDEBUG. */
#define FUZZ_CHECK(what) \
	((what) ? (void)0 : fuzz_fail(__FILE__, __LINE__, #what))

static inline _Noreturn void fuzz_fail(
	const char *file, int line, const char *what)
{
	fprintf(stderr, "%s:%d: does not hold: %s\n", file, line, what);
	abort();
}

/*
 * A copy that ends where its memory ends, so that AddressSanitizer sees a read
 * one octet too far.  The caller frees it.
 */
static inline uint8_t *fuzz_copy(const uint8_t *data, size_t size)
{
	uint8_t *copy = malloc(size > 0 ? size : 1);

	if (copy == NULL)
		abort();
	if (size > 0)
		memcpy(copy, data, size);
	return copy;
}

#endif
