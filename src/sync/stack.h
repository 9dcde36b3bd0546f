/*
 * Stack: last in, first out, without locks or allocation.
 *
 * Concurrency Kit's stack of entries that are part of what they stand for.
 * A popper may still look at an entry that somebody else has just popped: the
 * memory of every entry must stay until the stack is no longer used.  An
 * entry that is popped and pushed again in the meantime (ABA) is told apart
 * by a generation, compared and swapped together with the head where the
 * machine can do that; elsewhere poppers take turns.
 *
 * Everything a thread wrote before the push is seen by the one that pops.
 */
#ifndef TAPFERRY_SYNC_STACK_H
#define TAPFERRY_SYNC_STACK_H

#include <ck_spinlock.h>
#include <ck_stack.h>

#include "sync/tsan.h"

struct stack {
	_Alignas(64) struct ck_stack of; /* lock-free */
#ifndef CK_F_STACK_POP_MPMC
	ck_spinlock_t popping; /* held for some instructions */
#endif
};

typedef ck_stack_entry_t stack_entry;

static inline void stack_init(struct stack *s)
{
	ck_stack_init(&s->of);
#ifndef CK_F_STACK_POP_MPMC
	ck_spinlock_init(&s->popping);
#endif
}

/* Any thread. */
static inline void stack_push(struct stack *s, stack_entry *e)
{
	tsan_release(e);
	ck_stack_push_upmc(&s->of, e);
}

/* Return: the entry pushed last, or NULL.  Any thread. */
static inline stack_entry *stack_pop(struct stack *s)
{
	stack_entry *e;

#ifdef CK_F_STACK_POP_MPMC
	e = ck_stack_pop_mpmc(&s->of);
#else
	ck_spinlock_lock(&s->popping);
	e = ck_stack_pop_upmc(&s->of);
	ck_spinlock_unlock(&s->popping);
#endif
	if (e != NULL)
		tsan_acquire(e);
	return e;
}

#endif
