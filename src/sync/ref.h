/*
 * Ref: liburcu's reference count, visible to sanitizers.
 *
 * Everything a holder did before ref_put() happens before the release of the
 * object, which ThreadSanitizer cannot see in liburcu's assembly.
 */
#ifndef TAPFERRY_SYNC_REF_H
#define TAPFERRY_SYNC_REF_H

#include <urcu/ref.h>

#include "sync/tsan.h"

/* Inside an RCU read section, or with a reference of one's own. */
static inline void ref_get(struct urcu_ref *r)
{
	urcu_ref_get(r);
}

/* The last one calls release(r). */
static inline void ref_put(
	struct urcu_ref *r, void (*release)(struct urcu_ref *r))
{
	tsan_release(r);
	urcu_ref_put(r, release);
}

/* First thing in every release function. */
static inline void ref_ended(struct urcu_ref *r)
{
	tsan_acquire(r);
}

#endif
