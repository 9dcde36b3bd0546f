#include "intake/replan.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/clock.h"
#include "base/log.h"
#include "sync/rcu.h"

enum { ERROR_MAX = 384 }; /* a sentence with two paths in it */

static bool same_text(const char *a, const char *b)
{
	return a == b || (a != NULL && b != NULL && strcmp(a, b) == 0);
}

static bool same_tls(const struct tls_settings *a, const struct tls_settings *b)
{
	return same_text(a->cert, b->cert) && same_text(a->key, b->key) &&
	       same_text(a->client_ca, b->client_ca) &&
	       same_text(a->names, b->names) &&
	       same_text(a->priority, b->priority) &&
	       a->client_auth == b->client_auth;
}

/* Must that gate's certificates be loaded, or can they stay? */
static bool is_new_to_tls(
	const struct plan *p, const struct plan *former, unsigned g)
{
	if (!p->gates[g].open || !p->listeners[g].listen.address.tls)
		return false;
	return former == NULL || g >= former->n_gates ||
	       !former->gates[g].open ||
	       !same_tls(&p->listeners[g].tls, &former->listeners[g].tls);
}

static int load_keyrings(struct tls_keyring *keyrings, const struct plan *p,
	const struct plan *former, char *error, size_t cap)
{
	for (unsigned g = 0; g < p->n_gates; g++) {
		char why[ERROR_MAX];
		int r;

		if (!is_new_to_tls(p, former, g))
			continue;
		r = tls_keyring_init(
			&keyrings[g], &p->listeners[g].tls, why, sizeof(why));
		if (r != 0) {
			snprintf(error, cap, "listener %s: %s",
				p->listeners[g].name, why);
			return r;
		}
	}
	return 0;
}

/* A listener counts from 0, whoever had its gate before. */
static void set_bases(
	const struct crew *crew, struct plan *p, const struct plan *former)
{
	for (unsigned g = 0; g < p->n_gates; g++) {
		struct plan_gate *gate = &p->gates[g];
		bool is_new = gate->was_opened || gate->former >= 0;

		for (unsigned id = 0; id < LISTENER_STAT_COUNT; id++)
			gate->base[id] =
				is_new           ? gate_counts_sum(crew->gates,
							   1 + crew->workers, g, id)
				: former != NULL ? former->gates[g].base[id]
						 : 0;
	}
}

static void publish(
	struct crew *crew, struct plan *p, struct tls_keyring *loaded)
{
	for (unsigned g = 0; g < p->n_gates; g++) {
		if (loaded[g].settings != NULL)
			tls_keyring_replace(&crew->keyrings[g], &loaded[g]);
		else if (p->gates[g].open)
			crew->keyrings[g].settings = &p->listeners[g].tls;
	}
	registry_set_max(&crew->registry, p->settings.max_connections);
	atomic_store(&crew->frame_memory.size, p->settings.frame_memory);
	atomic_store(&crew->adopted, 0);
	rcu_publish(crew->plan, p);
}

static void wait_for_adoption(struct crew *crew)
{
	const struct timespec pause = { .tv_nsec = NS_PER_MS / 5 };

	crew_wake(crew);
	bell_ring(&crew->acceptor_bell);
	while (atomic_load(&crew->adopted) < crew->workers + 1)
		nanosleep(&pause, NULL);
	synchronize_rcu(); /* those who only look */
	rcu_grace_passed();
}

/* Can they be changed?  Before anything is. */
static int check_sockets(
	const struct acceptor *a, const struct plan *p, char *error, size_t cap)
{
	for (unsigned g = 0; g < p->n_gates; g++) {
		const struct listener_settings *l = &p->listeners[g];
		int former = p->gates[g].former;
		char why[ERROR_MAX];
		int r;

		if (!p->gates[g].open || p->gates[g].was_opened)
			continue;
		r = listen_check_change(
			&a->sockets[former >= 0 ? (unsigned)former : g],
			&l->listen, why, sizeof(why));
		if (r != 0) {
			snprintf(error, cap, "listener %s: %s", l->name, why);
			return r;
		}
	}
	return 0;
}

/* Sockets that stay get what has changed for them. */
static void change_sockets(const struct acceptor *a, const struct plan *p)
{
	for (unsigned g = 0; g < p->n_gates; g++) {
		const struct listener_settings *l = &p->listeners[g];
		char why[ERROR_MAX];

		if (p->gates[g].open && !p->gates[g].was_opened &&
			listen_change(&a->sockets[g], &l->listen, why,
				sizeof(why)) != 0)
			log_warn(INTAKE_CHANGE_FAILED,
				"the listener goes on as it was",
				"listener=%s reason=\"%s\"", l->name, why);
	}
}

int replan(struct crew *crew, struct acceptor *a,
	const struct intake_settings *settings, struct feed **feeds,
	size_t n_feeds, char *error, size_t cap)
{
	struct plan *former = crew->plan, *p = NULL;
	bool in_use[PLAN_GATES_MAX];
	struct tls_keyring *loaded;
	int r;

	for (unsigned g = 0; g < PLAN_GATES_MAX; g++)
		in_use[g] = admission_in_use(&crew->admission, g);
	loaded = calloc(PLAN_GATES_MAX, sizeof(*loaded));
	if (loaded == NULL)
		return -ENOMEM;
	r = plan_new(&p, settings, feeds, n_feeds, former, in_use);
	if (r == -ENOSPC)
		snprintf(error, cap,
			"more than %d listeners are open or have connections",
			PLAN_GATES_MAX);
	if (r == 0)
		r = load_keyrings(loaded, p, former, error, cap);
	if (r == 0)
		r = check_sockets(a, p, error, cap);
	if (r == 0)
		r = plan_open(p, former == NULL ? settings->inherited : NULL,
			error, cap);
	if (r == 0)
		r = admission_prepare(&crew->admission, settings);
	if (r == 0)
		r = acceptor_expect(a, p);
	if (r == 0) {
		set_bases(crew, p, former);
		plan_say(p);
		publish(crew, p, loaded);
		if (former != NULL) {
			wait_for_adoption(crew);
			change_sockets(a, p);
			plan_free(former);
		}
	} else {
		plan_free(p);
	}
	for (unsigned g = 0; g < PLAN_GATES_MAX; g++)
		tls_keyring_deinit(&loaded[g]);
	free(loaded);
	return r;
}
