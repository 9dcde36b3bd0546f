/*
 * Show: results for people.
 *
 * Each gets the result of one command and writes text.
 */
#ifndef TAPFERRY_CTL_SHOW_H
#define TAPFERRY_CTL_SHOW_H

#include <jansson.h>

#include "base/buf.h"
#include "ctl/words.h"

typedef void show_fn(const json_t *result, struct buf *out);

show_fn show_status, show_outputs, show_ledger, show_config, show_notes,
	show_level, show_closed, show_paused, show_flushed, show_backend,
	show_discarded, show_replay, show_resend, show_shutdown;
/* show_lists.c */
show_fn show_connections, show_backends, show_spool, show_letters;

/* An output of `status`, in tables; NULL: nothing was delivered yet. */
const char *show_state(const json_t *output);
const char *show_delay(char text[WORDS_MAX], const json_t *output);

/* The parts of `top`; @width: of the terminal, 0: any. */
void show_head(const json_t *status, struct buf *out);
void show_connections_in(const json_t *result, size_t width, struct buf *out);

#endif
