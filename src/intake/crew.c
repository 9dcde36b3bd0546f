#include "intake/crew.h"

#include <assert.h>

int crew_admit(struct crew *crew, struct conn *c)
{
	int r = admission_enter(&crew->admission, c);

	if (r != 0)
		return r;
	if (registry_add(&crew->registry, c) != 0) {
		admission_leave(&crew->admission, c);
		return ADMISSION_E_FULL;
	}
	return 0;
}

bool crew_is_full(const struct crew *crew, unsigned listener)
{
	return registry_count(&crew->registry) >= crew->registry.max ||
	       !admission_has_place(&crew->admission, listener);
}

void crew_hand_over(struct crew *crew, unsigned worker, struct conn *c)
{
	bool pushed;

	atomic_fetch_add(&crew->loads[worker].connections, 1);
	pushed = ring_push(&crew->doors[worker].conns, c);
	assert(pushed);
	(void)pushed;
	bell_ring(&crew->doors[worker].bell);
}

void crew_wake(struct crew *crew)
{
	for (unsigned i = 0; i < crew->n_doors; i++)
		bell_ring(&crew->doors[i].bell);
}

void crew_retire(struct crew *crew, struct conn *c, struct stat_shard *stats)
{
	if (c->handshake.state == HANDSHAKE_OPEN)
		stat_inc(stats, INTAKE_STREAMS_CUT);
	/* the registry's count last: at 0, all other places are free too */
	admission_leave(&crew->admission, c);
	registry_remove(&crew->registry, c);
	conn_retire(c);
	stat_inc(stats, INTAKE_CONNECTIONS_CLOSED);
	if (atomic_load(&crew->acceptor_full))
		bell_ring(&crew->acceptor_bell);
}
