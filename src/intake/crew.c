#include "intake/crew.h"

#include <assert.h>

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
	registry_remove(&crew->registry, c);
	conn_retire(c);
	stat_inc(stats, INTAKE_CONNECTIONS_CLOSED);
	if (atomic_load(&crew->acceptor_full))
		bell_ring(&crew->acceptor_bell);
}
