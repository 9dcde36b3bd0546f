/*
 * Peers of all manners come and go on an intake with few places, while others
 * read its counters, empty its feed and close who they find.  At the end the
 * ledger adds up: what was received was taken or dropped for a reason, every
 * connection that was accepted was closed, and well-behaved unix peers got
 * every event through.
 */
#include "intake/intake.h"

#include <sys/socket.h>
#include <unistd.h>

#include "intake/registry.h"
#include "lib/intake_rig.h"
#include "stress/stress.h"
#include "sync/thread.h"

enum { PEERS = 6, PLACES = 8, EVENTS = 50 };

static struct rig rig;
static uint64_t end_ns;
static _Atomic uint64_t finished; /* streams that got their FINISH */
static _Atomic bool ended;
static uint64_t closed; /* owner: the closer */

/* READY, ACCEPT, START, events, STOP, FINISH: all of it counts. */
static void behave(int fd, struct script *events)
{
	struct script stop = SCRIPT_NULL;

	script_control(&stop, SCRIPT_STOP, NULL);
	if (peer_open(fd) && peer_write(fd, events->data, events->len, 0) &&
		peer_write(fd, stop.data, stop.len, 0) &&
		peer_read_control(fd) == 5)
		atomic_fetch_add(&finished, 1);
	script_free(&stop);
}

static void misbehave(int fd, struct script *events, uint64_t how)
{
	switch (how % 5) {
	case 0: /* says nothing */
		break;
	case 1: /* stops in the middle of a frame */
		if (peer_open(fd))
			peer_write(fd, events->data, events->len / 2 + 3, 0);
		break;
	case 2: /* octet by octet, and gone */
		if (peer_open(fd))
			peer_write(fd, events->data, 100, 1);
		break;
	case 3: /* speaks something else */
		peer_write(fd, "GET / HTTP/1.1\r\n\r\n", 18, 0);
		break;
	case 4: /* an oversized frame */
		if (peer_open(fd)) {
			struct script s = SCRIPT_NULL;

			script_rubbish(&s, rig.settings.max_frame + 1);
			peer_write(fd, s.data, s.len, 1000);
			script_free(&s);
		}
		break;
	}
}

static void be_a_peer(void *arg)
{
	uint64_t *seed = arg;
	struct script events = SCRIPT_NULL;

	for (uint32_t i = 0; i < EVENTS; i++)
		script_event(&events, i);
	while (stress_goes_on(end_ns)) {
		uint64_t how = stress_random(seed);
		int fd = rig_connect(&rig, how & 1 ? RIG_UNIX : RIG_TCP);

		if (how & 2)
			behave(fd, &events);
		else
			misbehave(fd, &events, how >> 8);
		close(fd);
	}
	script_free(&events);
}

static void collect(void *arg)
{
	(void)arg;
	while (!atomic_load(&ended)) {
		must(intake_connections(rig.intake) <= PLACES + 1);
		must(rig_stat(&rig, INTAKE_CONNECTIONS_CLOSED) <=
			rig_stat(&rig, INTAKE_CONNECTIONS_ACCEPTED));
		rig_collect(&rig);
	}
}

static bool note_id(const struct conn *c, void *arg)
{
	struct conn_info info;

	conn_describe(c, &info);
	*(uint64_t *)arg = info.id;
	return true;
}

/* Now and then, so that most can finish. */
static void close_some(void *arg)
{
	struct registry *r = intake_registry(rig.intake);
	struct buf why = BUF_NULL;
	struct cidr loopback;

	(void)arg;
	must(cidr_parse(&loopback, "127.0.0.0/8", &why) == 0);
	for (unsigned i = 0; !atomic_load(&ended); i++) {
		uint64_t id = 0;

		registry_walk(r, note_id, &id);
		if (id != 0 && registry_close(r, id))
			closed++;
		if (i % 16 == 0)
			closed += registry_close_network(r, &loopback);
		rig_pause_ms(2);
	}
}

int main(void)
{
	struct thread peers[PEERS], collector, closer;
	uint64_t seeds[PEERS], received, dropped, full;

	rig_init(&rig);
	rig.settings.max_connections = PLACES;
	rig.settings.handshake_timeout_ns = 200 * NS_PER_MS;
	rig_start(&rig);
	end_ns = stress_end_ns();
	must(thread_start(&collector, "collector", collect, NULL) == 0);
	must(thread_start(&closer, "closer", close_some, NULL) == 0);
	for (unsigned i = 0; i < PEERS; i++) {
		seeds[i] = i + 1;
		must(thread_start(&peers[i], "peer", be_a_peer, &seeds[i]) ==
			0);
	}
	for (unsigned i = 0; i < PEERS; i++)
		thread_join(&peers[i]);
	intake_stop(rig.intake, clock_mono_ns(&clock_system) + 20 * NS_PER_S);
	atomic_store(&ended, true);
	thread_join(&collector);
	thread_join(&closer);
	rig_collect(&rig);
	received = rig_stat(&rig, INTAKE_RECEIVED);
	dropped = rig_stat(&rig, INTAKE_DROPPED_FRAME_TOO_LARGE) +
		  rig_stat(&rig, INTAKE_DROPPED_NOT_DNSTAP);
	full = stat_sum(&rig.feed.stats, OUTPUT_DROPPED_QUEUE_FULL);
	printf("accepted=%llu refused=%llu received=%llu events=%llu "
	       "finished=%llu closed=%llu\n",
		(unsigned long long)rig_stat(&rig, INTAKE_CONNECTIONS_ACCEPTED),
		(unsigned long long)rig_stat(&rig, INTAKE_REFUSED_FULL),
		(unsigned long long)received, (unsigned long long)rig.events,
		(unsigned long long)atomic_load(&finished),
		(unsigned long long)closed);
	must(rig_stat(&rig, INTAKE_CONNECTIONS_ACCEPTED) ==
		rig_stat(&rig, INTAKE_CONNECTIONS_CLOSED));
	must(intake_connections(rig.intake) == 0);
	must(received == rig.events + dropped + full);
	must(atomic_load(&finished) > 0);
	must(closed > 0);
	must(received >= atomic_load(&finished) * EVENTS);
	rig_end(&rig, 0);
	return 0;
}
