/*
 * Departure: may an outlet leave for another now, without losing anything?
 */
#ifndef TAPFERRY_CONTROL_DEPARTURE_H
#define TAPFERRY_CONTROL_DEPARTURE_H

#include "control/outlets.h"

/*
 * departure_check() - is there a place for what it still has?
 * @had:    the output's outlet now, NULL: it has none but those that leave
 * @error:  on failure: one sentence with the cure
 * Thread: main.  Return: 0 or -EBUSY.
 */
int departure_check(const struct outlets *o, const char *name,
	const struct outlet *had, char *error, size_t cap);

#endif
