/*
 * Workers with too much to do, and feeds that take no more.
 */
#include <pthread.h>
#include <stdatomic.h>
#include <unistd.h>

#include "intake/registry.h"
#include "lib/intake_rig.h"
#include "lib/suite.h"

static struct rig rig;

struct flood {
	pthread_t thread;
	int fd;
	_Atomic bool *end;
	const struct script *events;
	uint64_t rounds;
};

/* Writes the same events again and again, in pieces that fit no frame. */
static void *flood(void *arg)
{
	struct flood *f = arg;

	while (!atomic_load(f->end)) {
		if (!peer_write(f->fd, f->events->data, f->events->len, 10007))
			return NULL;
		f->rounds++;
	}
	return f;
}

/* Return: did the intake pass a connection on within the time? */
static bool flood_two(struct flood *a, struct flood *b, unsigned ms)
{
	struct flood *both[] = { a, b };
	_Atomic bool end = false;
	void *good;

	for (unsigned i = 0; i < 2; i++) {
		both[i]->end = &end;
		ck_assert_int_eq(
			pthread_create(&both[i]->thread, NULL, flood, both[i]),
			0);
	}
	for (unsigned t = 0; t < ms; t += 10) {
		if (rig_stat(&rig, INTAKE_CONNECTIONS_MOVED) > 0)
			break;
		rig_pause_ms(10);
		rig_collect(&rig);
	}
	atomic_store(&end, true);
	for (unsigned i = 0; i < 2; i++) {
		pthread_join(both[i]->thread, &good);
		ck_assert_ptr_nonnull(good);
	}
	return rig_stat(&rig, INTAKE_CONNECTIONS_MOVED) > 0;
}

START_TEST(a_saturated_worker_passes_a_stream_on_and_nothing_is_lost)
{
	enum { EVENTS = 1000 };
	struct flood f[4] = { 0 };
	struct script events = SCRIPT_NULL;
	uint64_t sent = 0;
	bool moved = false;

	for (uint32_t i = 0; i < EVENTS; i++)
		script_event(&events, i);
	rig_start(&rig);
	for (unsigned i = 0; i < 4; i++) {
		f[i].fd = rig_connect(&rig, (enum rig_door)(i % 2));
		f[i].events = &events;
		ck_assert(peer_open(f[i].fd));
	}
	/* two on each worker; the third is with the first or the second */
	for (unsigned i = 0; i < 8 && !moved; i++)
		moved = flood_two(&f[2], &f[i % 2], 2000);
	ck_assert(moved);
	for (unsigned i = 0; i < 4; i++) {
		sent += f[i].rounds * EVENTS;
		ck_assert(peer_write(f[i].fd, events.data, events.len, 0));
		sent += EVENTS;
		close(f[i].fd);
	}
	ck_assert(rig_wait_stat(&rig, INTAKE_CONNECTIONS_CLOSED, 4));
	ck_assert_uint_eq(rig_stat(&rig, INTAKE_RECEIVED), sent);
	ck_assert_uint_eq(rig_stat(&rig, INTAKE_DROPPED_NOT_DNSTAP), 0);
	ck_assert_uint_eq(rig_stat(&rig, INTAKE_PROTOCOL_ERRORS), 0);
	script_free(&events);
	rig_end(&rig, 1000);
}
END_TEST

/* Until two batches queue and one waits for room. */
static void wait_until_blocked(void)
{
	for (unsigned i = 0; i < 1000; i++) {
		if (stat_sum(&rig.feed.stats, OUTPUT_TAKEN) == 30)
			break;
		rig_pause_ms(10);
	}
	rig_pause_ms(50);
	ck_assert_uint_eq(stat_sum(&rig.feed.stats, OUTPUT_TAKEN), 30);
}

START_TEST(a_blocked_feed_stops_reading_but_not_handshakes)
{
	struct script s = script_stream(1000);
	int fd, late;

	rig.settings.workers = 1;
	rig.feed_settings.overflow = OVERFLOW_BLOCK;
	rig.feed_settings.batch_events = 10;
	rig.feed_settings.buffer_events = 20;
	rig.on_event = rig_check_order;
	rig_start(&rig);
	fd = rig_connect(&rig, RIG_UNIX);
	ck_assert(peer_write(fd, s.data, s.len, 0));
	wait_until_blocked();
	late = rig_connect(&rig, RIG_UNIX);
	ck_assert(peer_open(late));
	/* room again: everything comes, in order */
	ck_assert(rig_wait_events(&rig, 1000));
	ck_assert(rig_ledger_is(&rig, 1000, 0, 0, 0));
	close(fd);
	close(late);
	script_free(&s);
	rig_end(&rig, 1000);
}
END_TEST

static uint64_t messages_of(uint64_t id)
{
	struct conn_info info = { 0 };

	ck_assert(registry_find(intake_registry(rig.intake), id, &info));
	return info.messages;
}

/* Meanwhile another one says hello, and a reload comes. */
START_TEST(what_a_blocked_connection_brought_is_its_own)
{
	struct script s = SCRIPT_NULL;
	char error[256] = "";
	int fd, late;

	rcu_register_thread();
	for (uint32_t i = 0; i < 200; i++)
		script_event(&s, i);
	rig.settings.workers = 1;
	rig.feed_settings.overflow = OVERFLOW_BLOCK;
	rig.feed_settings.batch_events = 10;
	rig.feed_settings.buffer_events = 20;
	rig_start(&rig);
	fd = rig_connect(&rig, RIG_UNIX);
	ck_assert(peer_open(fd));
	ck_assert(peer_write(fd, s.data, s.len, 0));
	wait_until_blocked();
	late = rig_connect(&rig, RIG_UNIX);
	ck_assert(peer_open(late));
	ck_assert_int_eq(intake_change(rig.intake, &rig.settings, rig.feeds, 1,
				 error, sizeof(error)),
		0);
	ck_assert(rig_wait_events(&rig, 200));
	ck_assert(rig_ledger_is(&rig, 200, 0, 0, 0));
	ck_assert_uint_eq(messages_of(1), 200);
	ck_assert_uint_eq(messages_of(2), 0);
	close(fd);
	close(late);
	script_free(&s);
	rig_end(&rig, 1000);
	rcu_unregister_thread();
}
END_TEST

START_TEST(a_blocked_feed_is_cut_at_the_deadline_and_what_is_lost_is_counted)
{
	enum { EVENTS = 1000 };
	struct script s = script_stream(EVENTS);
	uint64_t begun, taken, dropped;
	int fd;

	rig.settings.read_buffer = 4096; /* most of it is not read yet */
	rig.feed_settings.overflow = OVERFLOW_BLOCK;
	rig.feed_settings.batch_events = 10;
	rig.feed_settings.buffer_events = 20;
	rig_start(&rig);
	fd = rig_connect(&rig, RIG_UNIX);
	ck_assert(peer_write(fd, s.data, s.len, 0));
	wait_until_blocked();
	begun = clock_mono_ns(&clock_system);
	intake_stop(rig.intake, begun + 300 * NS_PER_MS);
	ck_assert_uint_ge(
		clock_mono_ns(&clock_system) - begun, 300 * NS_PER_MS);
	taken = stat_sum(&rig.feed.stats, OUTPUT_TAKEN);
	dropped = stat_sum(&rig.feed.stats, OUTPUT_DROPPED_QUEUE_FULL);
	rig_collect(&rig);
	ck_assert_uint_eq(rig_stat(&rig, INTAKE_RECEIVED), EVENTS);
	ck_assert_uint_eq(EVENTS, taken + dropped);
	/* all the batches there are: two queue, three a worker, a sender's */
	ck_assert_uint_eq(taken, 90);
	ck_assert_uint_eq(rig.events, taken);
	close(fd);
	script_free(&s);
	rig_end(&rig, 0);
}
END_TEST

static void *stop_patiently(void *arg)
{
	intake_stop(rig.intake, clock_mono_ns(&clock_system) + 50 * NS_PER_S);
	return arg;
}

START_TEST(a_tcp_peer_that_wrote_while_reading_was_blocked_is_not_quiet)
{
	struct script s = script_stream(1000), more = SCRIPT_NULL;
	pthread_t stopper;
	int fd, other;

	for (uint32_t i = 0; i < 5; i++)
		script_event(&more, i);
	rig.settings.workers = 1;
	rig.feed_settings.overflow = OVERFLOW_BLOCK;
	rig.feed_settings.batch_events = 10;
	rig.feed_settings.buffer_events = 20;
	rig_start(&rig);
	other = rig_connect(&rig, RIG_TCP);
	ck_assert(peer_open(other));
	fd = rig_connect(&rig, RIG_UNIX);
	ck_assert(peer_write(fd, s.data, s.len, 0));
	wait_until_blocked();
	ck_assert_int_eq(
		pthread_create(&stopper, NULL, stop_patiently, NULL), 0);
	rig_pause_ms(500); /* longer than a peer may be quiet */
	ck_assert(peer_write(other, more.data, more.len, 0));
	ck_assert(rig_wait_events(&rig, 1005));
	pthread_join(stopper, NULL);
	close(fd);
	close(other);
	script_free(&s);
	script_free(&more);
	rig_end(&rig, 0);
}
END_TEST

static void set_up(void)
{
	rig_init(&rig);
}

int main(void)
{
	TCase *t = tcase_create("pressure");

	tcase_set_timeout(t, 60);
	tcase_add_checked_fixture(t, set_up, NULL);
	tcase_add_test(
		t, a_saturated_worker_passes_a_stream_on_and_nothing_is_lost);
	tcase_add_test(t, a_blocked_feed_stops_reading_but_not_handshakes);
	tcase_add_test(t, what_a_blocked_connection_brought_is_its_own);
	tcase_add_test(t,
		a_blocked_feed_is_cut_at_the_deadline_and_what_is_lost_is_counted);
	tcase_add_test(t,
		a_tcp_peer_that_wrote_while_reading_was_blocked_is_not_quiet);
	return suite_run("pressure", t);
}
