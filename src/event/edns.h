/*
 * Edns: the OPT record of a message (RFC 6891) as JSON.
 *
 * Options have typed members; doc/event.md lists them.  An option whose data
 * does not have the format of its code is shown as hex, like one of an unknown
 * code, and the message counts as malformed.
 */
#ifndef TAPFERRY_EVENT_EDNS_H
#define TAPFERRY_EVENT_EDNS_H

#include <stdbool.h>

#include "event/json.h"
#include "wire/dns.h"

/* Is an option of the OPT record broken?  d has one. */
bool edns_is_broken(const struct dns *d);

/* The object, braces included.  d has an OPT record. */
void edns_write(struct json *j, const struct dns *d);

#endif
