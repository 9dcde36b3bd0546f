#include "intake/acceptor.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/log.h"

enum {
	WAKE_EVENTS = 16,
	/* accepted from one socket before the others have their turn */
	TURN_ACCEPTS = 64,
	ERROR_PAUSE_MIN_MS = 5,
	ERROR_PAUSE_MAX_MS = 1000,
	/* at the end: more than this waits in no queue (SOMAXCONN) */
	LAST_ACCEPTS = 4096,
	BELL = PLAN_GATES_MAX, /* in the place of a gate */
};

/* What came of one accept(2). */
enum accepted {
	ACCEPT_DONE,    /* handed over */
	ACCEPT_REFUSED, /* not this one; the next one may be let in */
	ACCEPT_FULL,    /* no place for anybody */
	ACCEPT_FAILED,  /* the system is short of something */
	ACCEPT_NONE,    /* nobody waits */
};

static enum accepted fail(struct acceptor *a, const char *what, int error)
{
	stat_inc(a->stats, INTAKE_ACCEPT_ERRORS);
	log_warn_limited(INTAKE_ACCEPT_ERROR,
		"cannot take a connection; trying again",
		"call=%s error=\"%s\" connections=%u", what, strerror(error),
		registry_count(&a->crew->registry));
	return ACCEPT_FAILED;
}

static const struct refusal {
	const char *text;
	enum intake_stat stat;
} refusals[ADMISSION_E_COUNT] = {
	[ADMISSION_E_ADDRESS] = { "connection refused: its address is not "
				  "allowed",
		INTAKE_REFUSED_ADDRESS },
	[ADMISSION_E_PEER_FULL] = { "connection refused: "
				    "limits.max_connections_per_peer is "
				    "reached",
		INTAKE_REFUSED_PEER_FULL },
	[ADMISSION_E_LISTENER_FULL] = { "connection refused: the listener's "
					"max_connections is reached",
		INTAKE_REFUSED_LISTENER_FULL },
	[ADMISSION_E_FULL] = { "connection refused: limits.max_connections is "
			       "reached",
		INTAKE_REFUSED_FULL },
};

static enum accepted refuse(struct acceptor *a, struct conn *c, int why)
{
	const struct refusal *refusal = &refusals[why];
	char peer[CONN_PEER_TEXT_MAX];

	conn_peer_text(c, peer);
	log_warn_limited(INTAKE_REFUSED, refusal->text,
		"listener=%s peer=%s connections=%u",
		crew_listener_name(a->crew, c), peer,
		registry_count(&a->crew->registry));
	stat_inc(a->stats, refusal->stat);
	gate_count(&a->crew->gates[0], c->listener, LISTENER_REFUSED, 1);
	if (crew_is_full(a->crew, c->listener)) {
		refusals_close(&a->refusals, &c, c->accepted_ns);
		return ACCEPT_FULL;
	}
	refusals_keep(&a->refusals, &c, c->accepted_ns);
	return ACCEPT_REFUSED;
}

static enum accepted admit(struct acceptor *a, struct conn *c)
{
	char peer[CONN_PEER_TEXT_MAX];
	int r = crew_admit(a->crew, c);

	if (r > 0)
		return refuse(a, c, r);
	if (r < 0) {
		conn_free(c);
		return fail(a, "malloc", -r);
	}
	stat_inc(a->stats, INTAKE_CONNECTIONS_ACCEPTED);
	gate_count(&a->crew->gates[0], c->listener, LISTENER_ACCEPTED, 1);
	conn_peer_text(c, peer);
	log_info_limited(INTAKE_ACCEPTED, "connection accepted",
		"listener=%s peer=%s", crew_listener_name(a->crew, c), peer);
	placement_look(&a->placement, c->accepted_ns);
	crew_hand_over(a->crew, placement_pick(&a->placement), c);
	return ACCEPT_DONE;
}

static enum accepted accept_one(struct acceptor *a, size_t listener)
{
	union {
		struct sockaddr sa;
		struct sockaddr_storage storage;
	} peer = { 0 };
	socklen_t len = sizeof(peer);
	struct conn *c;
	int fd, r;

	do
		fd = accept4(a->sockets[listener].fd, &peer.sa, &len,
			SOCK_NONBLOCK | SOCK_CLOEXEC);
	while (fd < 0 && errno == EINTR);
	if (fd < 0 && (errno == EAGAIN || errno == EINVAL))
		return ACCEPT_NONE; /* EINVAL: after listen_refuse() */
	if (fd < 0)
		return fail(a, "accept", errno);
	r = conn_new(&c, fd, &peer.sa, (unsigned)listener,
		crew_settings(a->crew)->max_frame, &a->crew->frame_memory,
		crew_now_ns(a->crew));
	if (r != 0) {
		close(fd);
		return fail(a, "malloc", -r);
	}
	return admit(a, c);
}

static int watch(struct acceptor *a, int op, size_t listener, uint32_t events)
{
	struct epoll_event e = {
		.events = events,
		.data.u32 = (uint32_t)listener,
	};
	int fd = listener == BELL ? a->crew->acceptor_bell.fd
				  : a->sockets[listener].fd;

	return epoll_ctl(a->set, op, fd, &e) == 0 ? 0 : -errno;
}

static void wake_resting(struct acceptor *a)
{
	for (size_t i = 0; i < PLAN_GATES_MAX; i++) {
		if (a->resting[i])
			watch(a, EPOLL_CTL_MOD, i, EPOLLIN);
		a->resting[i] = false;
	}
	a->rest_until_ns = 0;
	atomic_store(&a->crew->acceptor_full, false);
}

static void rest(struct acceptor *a, size_t listener, uint64_t until_ns)
{
	watch(a, EPOLL_CTL_MOD, listener, 0);
	a->resting[listener] = true;
	a->rest_until_ns = until_ns;
	atomic_store(&a->crew->acceptor_full, true);
	/* a place may have become free before the workers could see that */
	if (!crew_is_full(a->crew, (unsigned)listener))
		wake_resting(a);
}

static void pause_after_failure(struct acceptor *a)
{
	refusals_fit(&a->refusals, 0); /* it may be them */
	a->pause_ms = a->pause_ms == 0 ? ERROR_PAUSE_MIN_MS : a->pause_ms * 2;
	if (a->pause_ms > ERROR_PAUSE_MAX_MS)
		a->pause_ms = ERROR_PAUSE_MAX_MS;
	/* an earlier pause may have silenced the bell of the end */
	if (!atomic_load(&a->crew->acceptor_stops)) {
		pulse_sleep(&a->pulse);
		bell_wait(&a->crew->acceptor_bell, (int)a->pause_ms);
		pulse_wake(&a->pulse);
	}
	wake_resting(a); /* the bell may have been for them */
}

static void serve(struct acceptor *a, size_t listener)
{
	for (unsigned i = 0; i < TURN_ACCEPTS; i++) {
		enum accepted r = accept_one(a, listener);
		uint64_t now, wait;

		switch (r) {
		case ACCEPT_DONE:
			a->pause_ms = 0;
			break;
		case ACCEPT_REFUSED:
			break;
		case ACCEPT_FULL:
			now = crew_now_ns(a->crew);
			wait = pace_wait_ns(&a->refusals.pace, now);
			if (wait == 0)
				break;
			rest(a, listener, now + wait);
			return;
		case ACCEPT_FAILED:
			pause_after_failure(a);
			return;
		case ACCEPT_NONE:
			return;
		}
		/* they take no descriptors that the limit did not reckon with
		 */
		refusals_fit(&a->refusals, crew_places(a->crew));
	}
}

/* Those who wait have connected, and may have written already. */
static void serve_last(struct acceptor *a, size_t listener)
{
	for (unsigned i = 0; i < LAST_ACCEPTS; i++) {
		enum accepted r = accept_one(a, listener);

		if (r == ACCEPT_NONE || r == ACCEPT_FAILED)
			return;
	}
}

static int sleep_ms(const struct acceptor *a)
{
	uint64_t now = crew_now_ns(a->crew);
	uint64_t wait = refusals_wait_ns(&a->refusals, now);

	if (a->rest_until_ns != 0 && a->rest_until_ns <= now)
		return 0;
	if (a->rest_until_ns != 0 && a->rest_until_ns - now < wait)
		wait = a->rest_until_ns - now;
	if (wait == UINT64_MAX)
		return -1;
	return (int)((wait + NS_PER_MS - 1) / NS_PER_MS);
}

static void act_in_time(struct acceptor *a)
{
	uint64_t now = crew_now_ns(a->crew);

	refusals_tick(&a->refusals, now);
	if (a->rest_until_ns != 0 && a->rest_until_ns <= now)
		wake_resting(a);
}

static void answer_bell(struct acceptor *a)
{
	bell_silence(&a->crew->acceptor_bell);
	if (atomic_load(&a->crew->acceptor_full))
		wake_resting(a);
}

/* Those who wait at a socket still come in; then it is closed. */
static void shut(struct acceptor *a, const struct plan *plan, size_t gate)
{
	const struct listen_settings *s = &plan->listeners[gate].listen;
	struct listen_socket *socket = &a->sockets[gate];

	if (socket->fd < 0)
		return;
	listen_refuse(socket, s);
	if (!socket->inherited)
		serve_last(a, gate);
	listen_close(socket, s);
	a->resting[gate] = false;
}

static void open_gate(
	struct acceptor *a, size_t gate, struct listen_socket *socket)
{
	a->sockets[gate] = *socket;
	*socket = LISTEN_SOCKET_NULL;
	a->resting[gate] = false;
	watch(a, EPOLL_CTL_MOD, gate, EPOLLIN);
}

void acceptor_adopt(struct acceptor *a)
{
	struct plan *next = crew_plan(a->crew);
	const struct plan *former = a->plan;

	if (next == former)
		return;
	for (size_t g = 0; g < next->n_gates; g++)
		if (next->gates[g].open && next->gates[g].former >= 0)
			open_gate(a, g, &a->sockets[next->gates[g].former]);
	for (size_t g = 0; former != NULL && g < former->n_gates; g++)
		if (g >= next->n_gates || !next->gates[g].open)
			shut(a, former, g);
	for (size_t g = 0; g < next->n_gates; g++) {
		if (!next->gates[g].socket_is_new)
			continue;
		open_gate(a, g, &next->gates[g].socket);
		next->gates[g].socket_is_new = false;
	}
	if (former == NULL || former->settings.refusals_per_second !=
				      next->settings.refusals_per_second)
		refusals_set_pace(
			&a->refusals, next->settings.refusals_per_second);
	admission_change(&a->crew->admission, &next->settings);
	a->plan = next;
	wake_resting(a); /* there may be more places now */
	atomic_fetch_add(&a->crew->adopted, 1);
}

static void run(void *arg)
{
	struct acceptor *a = arg;

	while (!atomic_load(&a->crew->acceptor_stops)) {
		struct epoll_event events[WAKE_EVENTS];
		int n;

		acceptor_adopt(a);
		pulse_sleep(&a->pulse);
		n = epoll_wait(a->set, events, WAKE_EVENTS, sleep_ms(a));
		pulse_wake(&a->pulse);

		for (int i = 0; i < n; i++) {
			size_t gate = events[i].data.u32;

			if (gate == BELL)
				answer_bell(a);
			else
				serve(a, gate);
		}
		act_in_time(a);
	}
	/* all of them at first: nobody new comes in while the others are
	 * served */
	for (size_t g = 0; g < PLAN_GATES_MAX; g++)
		if (a->sockets[g].fd >= 0)
			listen_refuse(
				&a->sockets[g], &a->plan->listeners[g].listen);
	for (size_t g = 0; g < PLAN_GATES_MAX; g++)
		shut(a, a->plan, g);
	refusals_fit(&a->refusals, 0);
	pulse_sleep(&a->pulse);
}

int acceptor_init(struct acceptor *a, struct crew *crew)
{
	int r;

	*a = (struct acceptor){
		.crew = crew,
		.stats = &crew->stats->shards[0],
		.set = -1,
	};
	r = placement_init(&a->placement, crew->loads, crew->workers);
	if (r != 0)
		return r;
	for (size_t g = 0; g < PLAN_GATES_MAX; g++)
		a->sockets[g] = LISTEN_SOCKET_NULL;
	a->set = epoll_create1(EPOLL_CLOEXEC);
	if (a->set < 0)
		return -errno;
	return watch(a, EPOLL_CTL_ADD, BELL, EPOLLIN);
}

int acceptor_expect(struct acceptor *a, const struct plan *plan)
{
	for (uint32_t g = 0; g < plan->n_gates; g++) {
		struct epoll_event e = { .data.u32 = g };
		int fd = plan->gates[g].socket.fd;

		if (plan->gates[g].socket_is_new &&
			epoll_ctl(a->set, EPOLL_CTL_ADD, fd, &e) != 0)
			return -errno;
	}
	return 0;
}

void acceptor_deinit(struct acceptor *a)
{
	for (size_t g = 0; g < PLAN_GATES_MAX && a->plan != NULL; g++)
		listen_close(&a->sockets[g], &a->plan->listeners[g].listen);
	placement_deinit(&a->placement);
	if (a->set >= 0)
		close(a->set);
	a->set = -1;
}

int acceptor_start(struct acceptor *a)
{
	return thread_start(&a->thread, "acceptor", run, a);
}

void acceptor_stop(struct acceptor *a)
{
	atomic_store(&a->crew->acceptor_stops, true);
	bell_ring(&a->crew->acceptor_bell);
	thread_join(&a->thread);
}
