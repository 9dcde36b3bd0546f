#include "intake/admission.h"

#include <errno.h>
#include <stdlib.h>

int admission_init(struct admission *a)
{
	*a = (struct admission){ 0 };
	a->counts = calloc(PLAN_GATES_MAX, sizeof(*a->counts));
	return a->counts == NULL ? -ENOMEM : 0;
}

int admission_prepare(struct admission *a, const struct intake_settings *s)
{
	if (s->max_per_peer == 0 || a->peers.table != NULL)
		return 0;
	return peers_init(&a->peers, s->max_connections);
}

void admission_deinit(struct admission *a)
{
	peers_deinit(&a->peers);
	free((void *)a->counts);
	a->counts = NULL;
}

static bool is_allowed(const struct listener_settings *l, const struct conn *c)
{
	if (c->is_unix)
		return true;
	return !cidr_list_has(&l->deny, &c->peer) &&
	       (l->allow.n == 0 || cidr_list_has(&l->allow, &c->peer));
}

bool admission_has_place(const struct admission *a, unsigned listener)
{
	unsigned max = a->settings->listeners[listener].max_connections;

	return max == 0 || atomic_load(&a->counts[listener]) < max;
}

int admission_enter(struct admission *a, struct conn *c)
{
	const struct intake_settings *s = a->settings;
	struct cidr peer =
		cidr_around(&c->peer, s->peer_prefix_ipv4, s->peer_prefix_ipv6);
	int r;

	if (!is_allowed(&s->listeners[c->listener], c))
		return ADMISSION_E_ADDRESS;
	/* nobody else raises it, so what we see free stays free */
	if (!admission_has_place(a, c->listener))
		return ADMISSION_E_LISTENER_FULL;
	if (s->max_per_peer != 0 && !c->is_unix) {
		r = peers_enter(
			&a->peers, &peer.address, s->max_per_peer, &c->place);
		if (r != 0)
			return r == PEERS_E_FULL ? ADMISSION_E_PEER_FULL : r;
	}
	atomic_fetch_add(&a->counts[c->listener], 1);
	return 0;
}

void admission_leave(struct admission *a, struct conn *c)
{
	atomic_fetch_sub(&a->counts[c->listener], 1);
	if (c->place != NULL)
		peers_leave(&a->peers, c->place);
	c->place = NULL;
}
