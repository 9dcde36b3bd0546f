/*
 * RCU: read sections of the default liburcu flavour, visible to sanitizers.
 *
 * Inside a read section: copy what you need or take a reference, then leave;
 * nothing in between blocks, logs or locks.
 *
 * ThreadSanitizer does not see liburcu's barriers.  What liburcu guarantees is
 * told to it here: everything before a reader leaves happens before a callback
 * that waited for it, and everything before a publication happens before its
 * readers.
 */
#ifndef TAPFERRY_SYNC_RCU_H
#define TAPFERRY_SYNC_RCU_H

#include <assert.h>
#include <urcu.h>

#include "sync/tsan.h"

extern char rcu_grace; /* the address ThreadSanitizer orders by */

static inline void rcu_reading_start(void)
{
	rcu_read_lock();
}

static inline void rcu_reading_end(void)
{
	tsan_release(&rcu_grace);
	rcu_read_unlock();
}

/* First thing in every call_rcu callback and after synchronize_rcu(). */
static inline void rcu_grace_passed(void)
{
	tsan_acquire(&rcu_grace);
}

static inline void rcu_assert_reading(void)
{
	assert(rcu_read_ongoing());
}

/* Publish and read a pointer that RCU protects. */
#define rcu_publish(p, v)                 \
	do {                              \
		tsan_release(&(p));       \
		rcu_assign_pointer(p, v); \
	} while (0)
#define rcu_get(p)                                           \
	({                                                   \
		__typeof__(p) rcu_got_ = rcu_dereference(p); \
		tsan_acquire(&(p));                          \
		rcu_got_;                                    \
	})

/*
 * The same for an entry of liburcu's own structures (cds_lfht_node): before
 * it goes in, and when it was found.
 */
static inline void rcu_entry_publish(void *entry)
{
	tsan_release(entry);
}

static inline void rcu_entry_found(void *entry)
{
	tsan_acquire(entry);
}

/* call_rcu(), with what this thread did before made known to the callback. */
static inline void rcu_retire(
	struct rcu_head *head, void (*free_after_grace)(struct rcu_head *))
{
	tsan_release(&rcu_grace);
	call_rcu(head, free_after_grace);
}

#endif
