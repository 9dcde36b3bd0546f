/*
 * Jbuf: JSON values written to the end of a buf.
 *
 *	jbuf_open(&j, NULL, '{');
 *	jbuf_u64(&j, "events", 5);
 *	jbuf_close(&j, '}');
 *
 * Keys are ours and are not escaped; inside an array they are NULL.
 */
#ifndef TAPFERRY_MONITOR_JBUF_H
#define TAPFERRY_MONITOR_JBUF_H

#include <stdbool.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/slice.h"

struct jbuf {
	struct buf *out; /* lent */
	bool comma;      /* a value stands before the next one */
};

#define JBUF_INIT(buf) ((struct jbuf){ .out = (buf) })

void jbuf_open(struct jbuf *j, const char *key, char bracket);
void jbuf_close(struct jbuf *j, char bracket);
void jbuf_u64(struct jbuf *j, const char *key, uint64_t value);
/* What is no number (infinite, none) becomes null. */
void jbuf_real(struct jbuf *j, const char *key, double value);
void jbuf_bool(struct jbuf *j, const char *key, bool value);
void jbuf_null(struct jbuf *j, const char *key);
/* NULL becomes null; cut at JBUF_TEXT_MAX octets. */
void jbuf_text(struct jbuf *j, const char *key, const char *text);
/* Any octets: what is no UTF-8 becomes U+FFFD. */
void jbuf_slice(struct jbuf *j, const char *key, struct slice text);

/* One value, as it is: it is JSON already. */
void jbuf_raw(struct jbuf *j, const char *key, const char *value);

enum { JBUF_TEXT_MAX = 1024 };

#endif
