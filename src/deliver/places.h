/*
 * Places: the files and folders an output writes to, looked at before it is
 * started.
 */
#ifndef TAPFERRY_DELIVER_PLACES_H
#define TAPFERRY_DELIVER_PLACES_H

#include "deliver/output.h"

/*
 * places_check() - can those that `had` does not use be made and written to?
 * @error:  on failure: one sentence with the cure
 *
 * Nothing is made or opened.  An output that can only be started when another
 * has ended finds out here, and not when it is too late.
 * Return: 0 or -errno.  Any thread.
 */
int places_check(const struct output_settings *s,
	const struct output_settings *had, char *error, size_t cap);

#endif
