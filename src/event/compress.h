/*
 * Compress: a whole body as gzip (RFC 1952), by libdeflate, or as zstd
 * (RFC 8878), by libzstd, which a build may lack.
 *
 * One per sender; what the library works in and the output buffer are kept
 * from body to body.
 */
#ifndef TAPFERRY_EVENT_COMPRESS_H
#define TAPFERRY_EVENT_COMPRESS_H

#include <stdbool.h>

#include "base/slice.h"

/* The order of the names in settings.def. */
enum compression { COMPRESSION_NONE = 0, COMPRESSION_GZIP, COMPRESSION_ZSTD };

enum { COMPRESSION_LEVEL_MIN = 1, COMPRESSION_LEVEL_MAX = 12 };

/* As Content-Encoding has it; NULL: it is none. */
const char *compression_name(enum compression kind);

/* By that name; COMPRESSION_NONE: there is no such kind. */
enum compression compression_find(const char *name);

/* Does this build have the library for it? */
bool compression_built(enum compression kind);

struct compressor;

/*
 * compressor_new()
 * @level:  1 (fast) to 12 (small)
 *
 * Return: 0, -EINVAL: there is no such level, -ENOTSUP: COMPRESSION_NONE, or
 * one that is not built, or -ENOMEM.
 */
int compressor_new(struct compressor **cp, enum compression kind, int level);
struct compressor *compressor_free(struct compressor *c); /* NULL */

/*
 * compressor_run() - one gzip member, or one zstd frame with its content's
 * size, of `in`
 * @out:  lent until the next call
 *
 * A frame's window is 4 MiB at most: decoders of HTTP bodies take no more than
 * 8 (RFC 9659).
 * Return: 0 or -ENOMEM.
 */
int compressor_run(struct compressor *c, struct slice in, struct slice *out);

#endif
