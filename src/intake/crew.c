#include "intake/crew.h"

#include <assert.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

enum {
	/* what limits.max_connections can be raised to without a restart, at
	 * least: 8 octets a worker each, once they are used */
	DOOR_MAX = 65535,
};

static int door_init(struct door *d, unsigned max_connections)
{
	int r = bell_init(&d->bell);

	return r != 0 ? r : ring_init(&d->conns, max_connections);
}

static void door_deinit(struct door *d)
{
	bell_deinit(&d->bell);
	ring_deinit(&d->conns);
}

static int init_counts(struct crew *crew)
{
	size_t octets = (1 + crew->workers) * sizeof(*crew->gates);

	histogram_init(&crew->accepts, &histogram_time);
	crew->gates = aligned_alloc(_Alignof(struct gate_counts), octets);
	if (crew->gates == NULL)
		return -ENOMEM;
	memset((void *)crew->gates, 0, octets);
	return 0;
}

static int init_doors(struct crew *crew)
{
	size_t n = crew->workers;
	int r = 0;

	crew->loads =
		aligned_alloc(_Alignof(struct load), n * sizeof(*crew->loads));
	crew->doors = calloc(n, sizeof(*crew->doors));
	if (crew->loads == NULL || crew->doors == NULL)
		return -ENOMEM;
	memset((void *)crew->loads, 0, n * sizeof(*crew->loads));
	while (r == 0 && crew->n_doors < n)
		r = door_init(&crew->doors[crew->n_doors++], crew->door_max);
	return r;
}

int crew_init(struct crew *crew, const struct intake_settings *s,
	struct stat_set *stats)
{
	int r = stop_init(&crew->stop);

	crew->workers = s->workers;
	crew->door_max =
		s->max_connections > DOOR_MAX ? s->max_connections : DOOR_MAX;
	crew->clock = s->clock;
	crew->stats = stats;
	crew->ended = crew->acceptor_bell = BELL_NULL;
	frame_memory_init(&crew->frame_memory, s->frame_memory);
	if (r == 0)
		r = registry_init(&crew->registry, s->max_connections);
	if (r == 0)
		r = admission_init(&crew->admission);
	if (r == 0)
		r = bell_init(&crew->ended);
	if (r == 0)
		r = bell_init(&crew->acceptor_bell);
	if (r == 0)
		r = init_counts(crew);
	if (r == 0)
		r = init_doors(crew);
	crew->keyrings = calloc(PLAN_GATES_MAX, sizeof(*crew->keyrings));
	return r == 0 && crew->keyrings == NULL ? -ENOMEM : r;
}

void crew_deinit(struct crew *crew)
{
	for (unsigned g = 0; crew->keyrings != NULL && g < PLAN_GATES_MAX; g++)
		tls_keyring_deinit(&crew->keyrings[g]);
	free(crew->keyrings);
	free(crew->gates);
	crew->plan = plan_free(crew->plan);
	while (crew->n_doors > 0)
		door_deinit(&crew->doors[--crew->n_doors]);
	admission_deinit(&crew->admission);
	registry_deinit(&crew->registry);
	bell_deinit(&crew->ended);
	bell_deinit(&crew->acceptor_bell);
	stop_deinit(&crew->stop);
	free(crew->doors);
	free(crew->loads);
}

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

unsigned crew_places(const struct crew *crew)
{
	unsigned n = registry_count(&crew->registry);

	return n < crew->registry.max ? crew->registry.max - n : 0;
}

bool crew_is_full(const struct crew *crew, unsigned listener)
{
	return crew_places(crew) == 0 ||
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
