/*
 * Tap_text: the "dnstap" object of the native dialect, and what the dialects
 * have in common of it.  Inside the room only.
 */
#ifndef TAPFERRY_EVENT_TAP_TEXT_H
#define TAPFERRY_EVENT_TAP_TEXT_H

#include "event/dialect.h"

/* {"operation":...}, braces included */
void tap_write(struct encoder *e, struct json *j, const struct dnstap *t);

/*
 * tap_latency() - response time less query time
 * Return: false unless both are there and valid, and it is not negative.
 */
bool tap_latency(const struct dnstap *t, uint64_t *sec, uint32_t *nsec);

#endif
