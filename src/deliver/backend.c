#include "deliver/backend.h"

#include <errno.h>
#include <stdlib.h>
#include <urcu/compiler.h>

int backend_new(struct backend **bp, char **urlp)
{
	struct backend *b = calloc(1, sizeof(*b));

	if (b == NULL)
		return -ENOMEM;
	urcu_ref_init(&b->ref);
	b->url = *urlp;
	*urlp = NULL;
	*bp = b;
	return 0;
}

void backend_get(struct backend *b)
{
	ref_get(&b->ref);
}

static void release(struct urcu_ref *ref)
{
	struct backend *b = caa_container_of(ref, struct backend, ref);

	ref_ended(ref);
	free(b->url);
	free(b);
}

struct backend *backend_put(struct backend *b)
{
	ref_put(&b->ref, release);
	return NULL;
}

uint32_t backend_count_failure(struct backend *b, uint64_t mono_ns)
{
	uint32_t failures = atomic_load(&b->failures);

	if (failures == 0 || backend_usable(b, mono_ns))
		failures = atomic_fetch_add(&b->failures, 1) + 1;
	return failures;
}

bool backend_fail(struct backend *b, enum backend_state state, uint64_t mono_ns,
	uint64_t until_ns)
{
	int before;

	atomic_store(&b->next_try_ns, until_ns);
	before = atomic_exchange(&b->state, (int)state);
	if (before == BACKEND_UP)
		atomic_store(&b->since_ns, mono_ns);
	return before != (int)state;
}

bool backend_work(struct backend *b, uint64_t mono_ns, uint64_t *down_ns)
{
	/* the usual case writes nothing that other senders read */
	if (atomic_load(&b->state) == BACKEND_UP)
		return false;
	atomic_store(&b->failures, 0);
	atomic_store(&b->next_try_ns, 0);
	*down_ns = mono_ns - atomic_load(&b->since_ns);
	return atomic_exchange(&b->state, BACKEND_UP) != BACKEND_UP;
}
