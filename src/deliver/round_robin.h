/*
 * Round robin: which of the usable backends comes next.  Pure.
 */
#ifndef TAPFERRY_DELIVER_ROUND_ROBIN_H
#define TAPFERRY_DELIVER_ROUND_ROBIN_H

#include <stddef.h>

#include "deliver/backend.h"

/*
 * round_robin_pick() - the next in turn of those that are usable now
 * @turn:     counts up with every pick
 * @avoid:    taken only when no other is usable; compared, never looked into;
 *            NULL: none
 * @until_ns: when none is usable: the earliest time that one will be
 *
 * Return: one of the n backends, or NULL.
 */
struct backend *round_robin_pick(struct backend *const *backends, size_t n,
	size_t turn, const struct backend *avoid, uint64_t mono_ns,
	uint64_t *until_ns);

#endif
