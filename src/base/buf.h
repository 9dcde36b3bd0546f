/*
 * Buf: a growing byte builder, for what is off the hot path (headers, reports,
 * the printed configuration).
 *
 * A failed allocation is remembered: later writes do nothing and buf_failed()
 * tells, so a caller checks once, at the end.
 */
#ifndef TAPFERRY_BASE_BUF_H
#define TAPFERRY_BASE_BUF_H

#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>

struct buf {
	char *data; /* NUL-terminated when not NULL */
	size_t len; /* without the NUL */
	size_t cap;
	bool failed;
};

#define BUF_NULL ((struct buf){ 0 })

void buf_deinit(struct buf *b);
void buf_clear(struct buf *b);
void buf_add(struct buf *b, const void *data, size_t len);
void buf_add_str(struct buf *b, const char *s);
void buf_printf(struct buf *b, const char *format, ...)
	__attribute__((format(printf, 2, 3)));
void buf_vprintf(struct buf *b, const char *format, va_list ap)
	__attribute__((format(printf, 2, 0)));

/* The text, never NULL ("" before the first write); lent until the next call.
 */
const char *buf_str(const struct buf *b);

/*
 * Takes the text out; the caller frees it.  The builder is empty afterwards.
 * Return: NULL when an allocation had failed.
 */
char *buf_take(struct buf *b);

static inline bool buf_failed(const struct buf *b)
{
	return b->failed;
}

#endif
