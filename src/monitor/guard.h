/*
 * Guard: who may ask the monitoring endpoint.
 *
 * A user with a password (HTTP's Basic), a token (Bearer), or both; where only
 * a token is set, it is also taken as the password of any user, for browsers.
 */
#ifndef TAPFERRY_MONITOR_GUARD_H
#define TAPFERRY_MONITOR_GUARD_H

#include <stdbool.h>

#include "net/address.h"

struct guard {
	const char *user;     /* NULL: none */
	const char *password; /* secret; never logged */
	const char *token;    /* secret; NULL: none */
};

/* Nobody is asked for anything. */
static inline bool guard_is_open(const struct guard *g)
{
	return g->user == NULL && g->token == NULL;
}

/*
 * guard_admits() - may whoever sent this ask?
 * @authorization:  the header's value, NULL: there was none
 *
 * What is compared takes the same time however much of it is right.
 */
bool guard_admits(const struct guard *g, const char *authorization);

/* Is that address this machine's own, which no other can reach? */
bool guard_is_loopback(const struct address *a);

#endif
