/*
 * Compress: gzip (RFC 1952) of a whole body, by libdeflate.
 *
 * One per sender; its output buffer is reused.
 */
#ifndef TAPFERRY_EVENT_COMPRESS_H
#define TAPFERRY_EVENT_COMPRESS_H

#include "base/slice.h"

struct compressor;

/* level 1 (fast) to 12.  Return: 0 or -ENOMEM. */
int compressor_new(struct compressor **cp, int level);
struct compressor *compressor_free(struct compressor *c); /* NULL */

/*
 * compressor_gzip() - one gzip member of `in`
 * @out:  lent until the next call
 *
 * Return: 0 or -ENOMEM.
 */
int compressor_gzip(struct compressor *c, struct slice in, struct slice *out);

#endif
