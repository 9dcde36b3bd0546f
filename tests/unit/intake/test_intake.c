/*
 * The whole way from a socket to the feed's ring: handshakes of all kinds, and
 * what good and bad streams leave in the counters.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include "lib/intake_rig.h"
#include "lib/suite.h"

static struct rig rig;

static void check_no_connection_left(void)
{
	ck_assert(rig_wait_stat(&rig, INTAKE_CONNECTIONS_CLOSED,
		rig_stat(&rig, INTAKE_CONNECTIONS_ACCEPTED)));
	ck_assert_uint_eq(intake_connections(rig.intake), 0);
}

START_TEST(a_bidirectional_stream_is_accepted_read_and_finished)
{
	struct script s = script_stream(1000);
	int fd;

	rig.on_event = rig_check_order;
	rig_start(&rig);
	fd = rig_connect(&rig, (enum rig_door)_i);
	struct script ready = SCRIPT_NULL;

	script_control(&ready, SCRIPT_READY, SCRIPT_TYPE);
	ck_assert(peer_write(fd, ready.data, ready.len, 0));
	ck_assert_uint_eq(peer_read_control(fd), 1);
	ck_assert(peer_write(fd, s.data, s.len, 0));
	ck_assert_uint_eq(peer_read_control(fd), 5);
	ck_assert(peer_is_ended(fd));
	ck_assert(rig_ledger_is(&rig, 1000, 0, 0, 0));
	ck_assert_uint_eq(
		rig_stat(&rig, INTAKE_RECEIVED_BYTES), ready.len + s.len);
	check_no_connection_left();
	ck_assert_uint_eq(rig_stat(&rig, INTAKE_STREAMS_FINISHED), 1);
	ck_assert_uint_eq(rig_stat(&rig, INTAKE_PROTOCOL_ERRORS), 0);
	ck_assert_uint_eq(rig_stat(&rig, INTAKE_IO_ERRORS), 0);
	close(fd);
	script_free(&s);
	script_free(&ready);
	rig_end(&rig, 1000);
}
END_TEST

START_TEST(a_unidirectional_stream_gets_no_reply)
{
	struct script s = script_stream(10);
	int fd;

	rig_start(&rig);
	fd = rig_connect(&rig, (enum rig_door)_i);
	ck_assert(peer_write(fd, s.data, s.len, 0));
	ck_assert(peer_is_ended(fd));
	ck_assert(rig_ledger_is(&rig, 10, 0, 0, 0));
	ck_assert_uint_eq(rig_stat(&rig, INTAKE_STREAMS_FINISHED), 1);
	close(fd);
	script_free(&s);
	rig_end(&rig, 1000);
}
END_TEST

START_TEST(streams_may_come_in_any_pieces)
{
	struct script s = script_stream(20);
	struct script twenty = SCRIPT_NULL;
	size_t step = (size_t)_i;

	script_control(&twenty, SCRIPT_READY, SCRIPT_TYPE);
	script_add(&twenty, s.data, s.len);
	rig.on_event = rig_check_order;
	rig_start(&rig);
	int fd = rig_connect(&rig, RIG_UNIX);

	ck_assert(peer_write(fd, twenty.data, twenty.len, step));
	ck_assert_uint_eq(peer_read_control(fd), 1);
	ck_assert_uint_eq(peer_read_control(fd), 5);
	ck_assert(rig_ledger_is(&rig, 20, 0, 0, 0));
	close(fd);
	script_free(&s);
	script_free(&twenty);
	rig_end(&rig, 1000);
}
END_TEST

START_TEST(a_second_ready_in_the_place_of_start_is_answered_again)
{
	struct script ready = SCRIPT_NULL;
	int fd;

	script_control(&ready, SCRIPT_READY, SCRIPT_TYPE);
	rig_start(&rig);
	fd = rig_connect(&rig, RIG_UNIX);
	for (unsigned i = 0; i < 3; i++) {
		ck_assert(peer_write(fd, ready.data, ready.len, 0));
		ck_assert_uint_eq(peer_read_control(fd), 1);
	}
	ck_assert(peer_open(fd));
	close(fd);
	check_no_connection_left();
	ck_assert_uint_eq(rig_stat(&rig, INTAKE_PROTOCOL_ERRORS), 0);
	script_free(&ready);
	rig_end(&rig, 1000);
}
END_TEST

START_TEST(bad_payloads_and_oversized_frames_cost_only_themselves)
{
	struct script s = SCRIPT_NULL;
	int fd;

	script_control(&s, SCRIPT_START, SCRIPT_TYPE);
	script_event(&s, 1);
	script_rubbish(&s, 7); /* no protobuf */
	script_event(&s, 2);
	script_rubbish(&s, rig.settings.max_frame + 1); /* too large */
	script_event(&s, 3);
	script_rubbish(&s, 300 * 1024); /* larger than the read buffer */
	script_event(&s, 4);
	script_control(&s, SCRIPT_STOP, NULL);
	rig_start(&rig);
	fd = rig_connect(&rig, RIG_TCP);
	ck_assert(peer_write(fd, s.data, s.len, (size_t)_i));
	ck_assert(peer_is_ended(fd));
	ck_assert(rig_ledger_is(&rig, 7, 1, 2, 0));
	ck_assert_uint_eq(rig_stat(&rig, INTAKE_PROTOCOL_ERRORS), 0);
	close(fd);
	script_free(&s);
	rig_end(&rig, 1000);
}
END_TEST

START_TEST(a_broken_dns_message_is_an_event_and_counted)
{
	struct script s = SCRIPT_NULL;
	int fd;

	script_control(&s, SCRIPT_START, SCRIPT_TYPE);
	script_event(&s, 1);
	/* a label type that does not exist */
	uint8_t *label = memmem(s.data, s.len, "\7example", 8);

	ck_assert_ptr_nonnull(label);
	*label = 0xbf;
	script_control(&s, SCRIPT_STOP, NULL);
	rig_start(&rig);
	fd = rig_connect(&rig, RIG_UNIX);
	ck_assert(peer_write(fd, s.data, s.len, 0));
	ck_assert(peer_is_ended(fd));
	ck_assert(rig_ledger_is(&rig, 1, 0, 0, 1));
	close(fd);
	script_free(&s);
	rig_end(&rig, 1000);
}
END_TEST

static struct script make_violation(int which)
{
	struct script s = SCRIPT_NULL;

	switch (which) {
	case 0: /* another content type */
		script_control(&s, SCRIPT_READY, "protobuf:other.Thing");
		break;
	case 1: /* none */
		script_control(&s, SCRIPT_READY, NULL);
		break;
	case 2:
		script_control(&s, SCRIPT_STOP, NULL);
		break;
	case 3: /* data before START */
		script_event(&s, 1);
		break;
	case 4: /* too large a frame before START */
		script_rubbish(&s, 5000);
		break;
	case 5: /* a peer that speaks something else */
		script_add(&s, "GET / HTTP/1.1\r\n\r\n", 18);
		break;
	case 6: /* a frame no connection could ever bring */
		script_control(&s, SCRIPT_START, SCRIPT_TYPE);
		script_u32(&s, 0x7fffffff);
		break;
	case 7: /* READY on an open stream */
		script_control(&s, SCRIPT_START, SCRIPT_TYPE);
		script_control(&s, SCRIPT_READY, SCRIPT_TYPE);
		break;
	case 8: /* a control frame with an unknown type */
		script_control(&s, 77, NULL);
		break;
	case 9: /* too long a control frame */
		script_u32(&s, 0);
		script_u32(&s, 513);
		break;
	}
	return s;
}

START_TEST(a_violation_closes_that_connection_and_is_counted)
{
	struct script s = make_violation(_i);
	struct script good = script_stream(5);
	int fd, other;

	rig_start(&rig);
	other = rig_connect(&rig, RIG_UNIX);
	fd = rig_connect(&rig, RIG_UNIX);
	ck_assert(peer_write(fd, s.data, s.len, 0));
	ck_assert(peer_is_ended(fd));
	ck_assert(rig_wait_stat(&rig, INTAKE_PROTOCOL_ERRORS, 1));
	ck_assert(peer_write(other, good.data, good.len, 0));
	ck_assert(peer_is_ended(other));
	ck_assert(rig_ledger_is(&rig, 5, 0, 0, 0));
	check_no_connection_left();
	close(fd);
	close(other);
	script_free(&s);
	script_free(&good);
	rig_end(&rig, 1000);
}
END_TEST

START_TEST(a_lone_event_is_sealed_when_its_linger_is_over)
{
	struct script s = SCRIPT_NULL;
	int fd;

	script_event(&s, 1);
	rig_start(&rig);
	fd = rig_connect(&rig, RIG_UNIX);
	ck_assert(peer_open(fd));
	ck_assert(peer_write(fd, s.data, s.len, 0));
	ck_assert(rig_wait_events(&rig, 1));
	close(fd);
	script_free(&s);
	rig_end(&rig, 1000);
}
END_TEST

START_TEST(a_start_that_fails_leaves_nothing_behind)
{
	struct intake *i = NULL;
	struct listener_settings bad[2];
	char error[512] = "", path[80];

	rig_start(&rig); /* has the port */
	bad[0] = rig.listeners[0];
	snprintf(path, sizeof(path), "%s/other", rig.dir);
	ck_assert_int_eq(address_parse(&bad[0].listen.address, path), 0);
	bad[1] = rig.listeners[1];
	struct intake_settings s = rig.settings;

	s.listeners = bad;
	ck_assert_int_eq(intake_new(&i, &s, rig.feeds, 1, &rig.stats, error,
				 sizeof(error)),
		-EADDRINUSE);
	ck_assert_ptr_null(i);
	ck_assert_ptr_nonnull(strstr(error, "127.0.0.1"));
	ck_assert_int_ne(access(path, F_OK), 0);
	rig_end(&rig, 1000);
}
END_TEST

static int free_descriptor(void)
{
	int fd = dup(STDERR_FILENO);

	close(fd);
	return fd;
}

START_TEST(a_start_short_of_descriptors_fails_and_leaves_nothing_open)
{
	struct intake *i = NULL;
	struct rlimit before, tight;
	char error[512], path[80];
	rlim_t spare = 0;
	int r = -EMFILE, lowest;

	rig_start(&rig);
	struct listener_settings other = rig.listeners[0];
	struct intake_settings s = rig.settings;

	snprintf(path, sizeof(path), "%s/other", rig.dir);
	ck_assert_int_eq(address_parse(&other.listen.address, path), 0);
	s.listeners = &other;
	s.n_listeners = 1;
	ck_assert_int_eq(getrlimit(RLIMIT_NOFILE, &before), 0);
	lowest = free_descriptor();
	for (; r != 0; spare++) {
		tight = (struct rlimit){ (rlim_t)lowest + spare,
			before.rlim_max };
		ck_assert_int_eq(setrlimit(RLIMIT_NOFILE, &tight), 0);
		error[0] = '\0';
		r = intake_new(
			&i, &s, rig.feeds, 1, &rig.stats, error, sizeof(error));
		ck_assert_int_eq(setrlimit(RLIMIT_NOFILE, &before), 0);
		if (r == 0)
			break;
		ck_assert_int_eq(r, -EMFILE);
		ck_assert_ptr_null(i);
		ck_assert_str_ne(error, "");
		ck_assert_int_eq(free_descriptor(), lowest);
	}
	ck_assert_uint_gt(spare, 0);
	intake_stop(i, 0);
	intake_free(i);
	rig_end(&rig, 1000);
}
END_TEST

static void set_up(void)
{
	rig_init(&rig);
}

int main(void)
{
	TCase *t = tcase_create("intake");

	tcase_set_timeout(t, 60);
	tcase_add_checked_fixture(t, set_up, NULL);
	tcase_add_loop_test(t,
		a_bidirectional_stream_is_accepted_read_and_finished, RIG_UNIX,
		RIG_TCP + 1);
	tcase_add_loop_test(t, a_unidirectional_stream_gets_no_reply, RIG_UNIX,
		RIG_TCP + 1);
	tcase_add_loop_test(t, streams_may_come_in_any_pieces, 1, 12);
	tcase_add_test(
		t, a_second_ready_in_the_place_of_start_is_answered_again);
	tcase_add_loop_test(t,
		bad_payloads_and_oversized_frames_cost_only_themselves, 0, 1);
	tcase_add_loop_test(t,
		bad_payloads_and_oversized_frames_cost_only_themselves, 999,
		1001);
	tcase_add_test(t, a_broken_dns_message_is_an_event_and_counted);
	tcase_add_loop_test(
		t, a_violation_closes_that_connection_and_is_counted, 0, 10);
	tcase_add_test(t, a_lone_event_is_sealed_when_its_linger_is_over);
	tcase_add_test(t, a_start_that_fails_leaves_nothing_behind);
	tcase_add_test(
		t, a_start_short_of_descriptors_fails_and_leaves_nothing_open);
	return suite_run("intake", t);
}
