/* The outputs for local use: pipes and sockets, and readers that come, go and
 * are slow. */
#include <check.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/log.h"
#include "lib/output_rig.h"
#include "lib/suite.h"

enum { TEXT_MAX = 8 * 1024 * 1024 };

static struct output_rig rig;
static char dir[64], path[128];
static char text[TEXT_MAX]; /* what a reader has read */
static size_t text_len;

static void use(enum output_type type)
{
	struct local_settings *s = &rig.settings.local;

	rig_init(&rig, type);
	s->path = path;
	s->mode = 0640;
	s->retry_initial_ns = NS_PER_MS;
	s->retry_max_ns = 20 * NS_PER_MS;
	rig.settings.feed.pending_events = output_pending_events(&rig.settings);
}

static void setup(void)
{
	snprintf(dir, sizeof(dir), "/tmp/tapferry-test-XXXXXX");
	ck_assert_ptr_nonnull(mkdtemp(dir));
	snprintf(path, sizeof(path), "%s/end", dir);
	text_len = 0;
	use(OUTPUT_TYPE_PIPE);
}

static void teardown(void)
{
	char command[128];

	rig_deinit(&rig);
	snprintf(command, sizeof(command), "rm -rf '%s'", dir);
	ck_assert_int_eq(system(command), 0);
}

static void nap(void)
{
	nanosleep(&(struct timespec){ .tv_nsec = 1000000 }, NULL);
}

static int open_pipe(void)
{
	int fd = open(path, O_RDONLY | O_NONBLOCK);

	ck_assert_int_ge(fd, 0);
	return fd;
}

/* At most n octets more; waits for them.  Return: false: the writer is gone. */
static bool read_some(int fd, size_t n)
{
	struct pollfd p = { .fd = fd, .events = POLLIN };
	ssize_t got;

	ck_assert_uint_le(text_len + n, sizeof(text));
	for (;;) {
		poll(&p, 1, 10000);
		got = read(fd, text + text_len, n);
		if (got > 0) {
			text_len += (size_t)got;
			return true;
		}
		if (got == 0)
			return false;
		ck_assert_int_eq(errno, EAGAIN);
	}
}

/* Reads until there are so many whole lines. */
static void read_lines(int fd, unsigned wanted)
{
	unsigned lines = 0;
	size_t seen = 0;

	for (;;) {
		for (; seen < text_len; seen++)
			lines += text[seen] == '\n';
		if (lines >= wanted)
			return;
		/* an open pipe without a writer yet reads as ended */
		if (!read_some(fd, 60000))
			nap();
	}
}

/* Reads what there is until all that was pushed is settled. */
static void read_until_settled(int fd)
{
	ssize_t got;

	while (batch_pool_held(&rig.feed.pool) != 0) {
		ck_assert_uint_le(text_len + 60000, sizeof(text));
		got = read(fd, text + text_len, 60000);
		if (got > 0)
			text_len += (size_t)got;
		else
			nap();
	}
}

/* What was read is whole events, from `next` on.  Return: the next number. */
static unsigned check_lines(unsigned next)
{
	char *line = text, *end;
	unsigned n;

	text[text_len] = '\0';
	while ((end = strchr(line, '\n')) != NULL) {
		*end = '\0';
		if (sscanf(line, "{\"n\":%u,\"p\":\"", &n) != 1 || n != next ||
			strcmp(end - 2, "\"}") != 0)
			ck_abort_msg("not event %u: %.100s", next, line);
		next++;
		line = end + 1;
	}
	text_len = (size_t)(text + text_len - line); /* half a line */
	memmove(text, line, text_len);
	return next;
}

static void await_reader(bool there)
{
	struct reader_view v;

	for (int i = 0; i < 10000; i++) {
		ck_assert(output_reader(rig.output, &v));
		if (v.there == there)
			return;
		nap();
	}
	ck_abort_msg("the reader is %sthere", there ? "not " : "");
}

static void await_stat(enum output_stat id, uint64_t wanted)
{
	for (int i = 0; i < 20000 && rig_stat(&rig, id) < wanted; i++)
		nap();
	ck_assert_uint_ge(rig_stat(&rig, id), wanted);
}

/* --- pipes */

START_TEST(a_pipe_is_made_and_its_reader_gets_lines)
{
	struct stat st;
	int fd;

	rig_start(&rig);
	ck_assert_int_eq(stat(path, &st), 0);
	ck_assert(S_ISFIFO(st.st_mode));
	ck_assert_uint_eq(st.st_mode & 0777, 0640);
	fd = open_pipe();
	for (int i = 0; i < 20; i++)
		rig_push(&rig, 100, 40);
	read_lines(fd, 2000);
	rig_settle(&rig);
	ck_assert_uint_eq(check_lines(0), 2000);
	ck_assert_uint_eq(rig_stat(&rig, OUTPUT_BATCHES_DELIVERED), 20);
	ck_assert_uint_eq(rig_stat(&rig, OUTPUT_READERS), 1);
	rig_end(&rig, 20000);
	ck_assert_uint_eq(rig_stat(&rig, OUTPUT_DELIVERED), 2000);
	close(fd);
}
END_TEST

START_TEST(events_wait_for_a_reader_who_comes_late)
{
	struct reader_view v;
	int fd;

	rig_start(&rig);
	rig_push(&rig, 1000, 100);
	await_reader(false);
	for (int i = 0; i < 50; i++)
		nap();
	ck_assert(output_reader(rig.output, &v));
	ck_assert_str_eq(v.reason, "nobody reads");
	ck_assert_uint_eq(rig_stat(&rig, OUTPUT_DELIVERED), 0);
	fd = open_pipe();
	read_lines(fd, 1000);
	rig_settle(&rig);
	rig_end(&rig, 20000);
	ck_assert_uint_eq(check_lines(0), 1000);
	close(fd);
}
END_TEST

START_TEST(what_a_dead_reader_has_not_read_the_next_one_gets_whole)
{
	unsigned read;
	int fd;

	rig_start(&rig);
	fd = open_pipe();
	for (int i = 0; i < 10; i++)
		rig_push(&rig, 1000, 100);
	read_lines(fd, 1500);
	ck_assert(read_some(fd, 77)); /* it ends within a line */
	read = check_lines(0);
	close(fd);
	await_stat(OUTPUT_READERS_GONE, 1);
	ck_assert_uint_eq(rig_stat(&rig, OUTPUT_DELIVERED), read);

	text_len = 0;
	fd = open_pipe();
	read_lines(fd, 10000 - read);
	rig_settle(&rig);
	ck_assert_uint_eq(check_lines(read), 10000);
	ck_assert_uint_eq(text_len, 0);
	rig_end(&rig, 20000);
	ck_assert_uint_eq(rig_stat(&rig, OUTPUT_DELIVERED), 10000);
	ck_assert_uint_eq(rig_stat(&rig, OUTPUT_READERS), 2);
	close(fd);
}
END_TEST

START_TEST(what_is_not_read_is_not_delivered)
{
	int fd;

	rig_start(&rig);
	fd = open_pipe();
	await_reader(true);
	for (int i = 0; i < 10; i++)
		rig_push(&rig, 10, 40);
	await_stat(OUTPUT_BYTES_SENT, 500);
	for (int i = 0; i < 100; i++)
		nap();
	ck_assert_uint_eq(rig_stat(&rig, OUTPUT_DELIVERED), 0);
	ck_assert_uint_eq(batch_pool_held(&rig.feed.pool), 100);
	read_lines(fd, 100);
	rig_settle(&rig);
	ck_assert_uint_eq(rig_stat(&rig, OUTPUT_DELIVERED), 100);
	ck_assert_uint_eq(check_lines(0), 100);
	rig_end(&rig, 20000);
	close(fd);
}
END_TEST

START_TEST(a_reader_may_read_the_rest_after_the_end)
{
	int fd;

	rig_start(&rig);
	fd = open_pipe();
	await_reader(true);
	for (int i = 0; i < 5; i++) /* more than a pipe holds */
		rig_push(&rig, 1000, 50);
	await_stat(OUTPUT_BYTES_SENT, 4096);
	rig_end(&rig, 300);
	ck_assert_double_lt(rig.took, 5);
	ck_assert_uint_gt(rig_stat(&rig, OUTPUT_DELIVERED), 0);
	ck_assert_uint_gt(rig_stat(&rig, OUTPUT_DROPPED_SHUTDOWN), 0);
	while (read_some(fd, 60000))
		;
	ck_assert_uint_eq(check_lines(0), rig_stat(&rig, OUTPUT_DELIVERED));
	close(fd);
}
END_TEST

START_TEST(the_end_waits_for_nobody_who_is_not_there)
{
	rig_start(&rig);
	rig_push(&rig, 1000, 50);
	await_reader(false);
	rig_end(&rig, 3600 * 1000);
	ck_assert_uint_eq(rig_stat(&rig, OUTPUT_DROPPED_SHUTDOWN), 1000);
}
END_TEST

START_TEST(another_output_goes_on_where_a_halted_one_ends)
{
	char error[256];
	unsigned lines;
	int fd;

	rig_start(&rig);
	fd = open_pipe();
	rig_push(&rig, 2000, 400); /* one batch: it stays in order */
	read_lines(fd, 500);
	output_halt(rig.output, 0);
	/* a line that is begun has its end */
	while (!output_ended(rig.output))
		read_some(fd, 100);
	rig.output = output_free(rig.output);
	while (read_some(fd, 60000))
		;
	lines = check_lines(0);
	ck_assert_uint_eq(text_len, 0);
	ck_assert_uint_eq(rig_stat(&rig, OUTPUT_DELIVERED), lines);
	ck_assert_uint_eq(batch_pool_held(&rig.feed.pool), 2000 - lines);

	ck_assert_int_eq(output_start(&rig.output, &rig.settings, &rig.feed,
				 error, sizeof(error)),
		0);
	read_lines(fd, 2000 - lines);
	rig_settle(&rig);
	ck_assert_uint_eq(check_lines(lines), 2000);
	rig_end(&rig, 20000);
	close(fd);
}
END_TEST

START_TEST(something_else_in_the_place_of_a_pipe_is_refused)
{
	char error[256] = "";
	int fd = open(path, O_CREAT | O_WRONLY, 0600);

	ck_assert_int_ge(fd, 0);
	close(fd);
	ck_assert_int_eq(feed_init(&rig.feed, &rig.settings.feed, 1, 1), 0);
	ck_assert_int_eq(output_start(&rig.output, &rig.settings, &rig.feed,
				 error, sizeof(error)),
		-EEXIST);
	ck_assert_ptr_nonnull(strstr(error, path));
	ck_assert_ptr_nonnull(strstr(error, "is no named pipe"));
	ck_assert_int_eq(unlink(path), 0);

	rig.settings.local.group = "no-such-group";
	ck_assert_int_eq(output_start(&rig.output, &rig.settings, &rig.feed,
				 error, sizeof(error)),
		-EINVAL);
	ck_assert_ptr_nonnull(strstr(error, "no-such-group"));
	ck_assert_int_ne(access(path, F_OK), 0);
}
END_TEST

static void await_reason(const char *reason)
{
	struct reader_view v = { .reason = "" };

	for (int i = 0; i < 10000 && v.reason[0] == '\0'; i++) {
		nap();
		ck_assert(output_reader(rig.output, &v));
	}
	ck_assert_ptr_nonnull(strstr(v.reason, reason));
}

/* Only root can make a pipe of somebody else's. */
START_TEST(a_pipe_of_anybody_is_taken_only_where_not_everybody_may_make_one)
{
	const bool open_folder = _i != 0;
	int fd;

	if (geteuid() != 0)
		return;
	ck_assert_int_eq(chmod(dir, open_folder ? 01777 : 0755), 0);
	ck_assert_int_eq(mkfifo(path, 0666), 0);
	ck_assert_int_eq(chown(path, 65534, 65534), 0);
	fd = open_pipe();
	rig_start(&rig);
	rig_push(&rig, 10, 0);
	if (open_folder) {
		await_reason("somebody else made it");
		ck_assert_int_eq(chown(path, 0, 0), 0); /* the cure */
	}
	read_lines(fd, 10);
	rig_settle(&rig);
	rig_end(&rig, 20000);
	ck_assert_uint_eq(check_lines(0), 10);
	close(fd);
}
END_TEST

/* --- sockets */

static int listen_at(int type)
{
	struct sockaddr_un un = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, type | SOCK_NONBLOCK, 0);

	memcpy(un.sun_path, path, strlen(path) + 1);
	unlink(path);
	ck_assert_int_eq(bind(fd, (struct sockaddr *)&un, sizeof(un)), 0);
	if (type == SOCK_STREAM)
		ck_assert_int_eq(listen(fd, 4), 0);
	return fd;
}

static int accept_at(int listener)
{
	struct pollfd p = { .fd = listener, .events = POLLIN };

	ck_assert_int_eq(poll(&p, 1, 10000), 1);
	return accept4(listener, NULL, NULL, SOCK_NONBLOCK);
}

START_TEST(a_stream_socket_gets_lines)
{
	int listener, fd;

	use(OUTPUT_TYPE_SOCKET);
	rig_start(&rig);
	rig_push(&rig, 1000, 100);
	await_reader(false);
	listener = listen_at(SOCK_STREAM);
	fd = accept_at(listener);
	rig_push(&rig, 1000, 100);
	read_lines(fd, 2000);
	rig_settle(&rig);
	ck_assert_uint_eq(check_lines(0), 2000);
	rig_end(&rig, 20000);
	ck_assert(!read_some(fd, 1));
	close(fd);
	close(listener);
}
END_TEST

/* What the kernel had taken went with the first one. */
START_TEST(another_reader_of_a_stream_begins_with_a_whole_event)
{
	int listener, fd;
	unsigned first;

	use(OUTPUT_TYPE_SOCKET);
	listener = listen_at(SOCK_STREAM);
	rig_start(&rig);
	fd = accept_at(listener);
	for (int i = 0; i < 10; i++)
		rig_push(&rig, 1000, 500); /* more than a socket holds */
	read_lines(fd, 100);
	close(fd);
	fd = accept_at(listener);
	await_stat(OUTPUT_READERS_GONE, 1);
	text_len = 0;
	read_until_settled(fd);
	rig_end(&rig, 20000);
	while (read_some(fd, 60000))
		;
	ck_assert_int_eq(sscanf(text, "{\"n\":%u,", &first), 1);
	ck_assert_uint_gt(first, 99);
	ck_assert_uint_eq(check_lines(first), 10000);
	ck_assert_uint_eq(text_len, 0);
	close(fd);
	close(listener);
}
END_TEST

START_TEST(octet_counting_puts_the_length_before_each_event)
{
	int listener, fd;
	unsigned next = 0, n, len;
	char *at = text;

	use(OUTPUT_TYPE_SOCKET);
	rig.settings.local.octet_counting = true;
	listener = listen_at(SOCK_STREAM);
	rig_start(&rig);
	fd = accept_at(listener);
	for (int i = 0; i < 5; i++)
		rig_push(&rig, 700, 500);
	read_until_settled(fd);
	rig_end(&rig, 20000);
	while (read_some(fd, 60000))
		;
	text[text_len] = '\0';
	while (*at != '\0') {
		len = (unsigned)strtoul(at, &at, 10);
		ck_assert_int_eq(*at, ' ');
		at++;
		ck_assert_int_eq(sscanf(at, "{\"n\":%u,", &n), 1);
		ck_assert_uint_eq(n, next++);
		ck_assert_int_eq(at[len - 1], '}');
		at += len;
	}
	ck_assert_uint_eq(next, 3500);
	ck_assert_ptr_null(strchr(text, '\n'));
	close(fd);
	close(listener);
}
END_TEST

/* Reads datagrams as lines until there are so many. */
static void receive(int fd, unsigned wanted)
{
	struct pollfd p = { .fd = fd, .events = POLLIN };

	while (wanted > 0) {
		ssize_t n;

		ck_assert_int_eq(poll(&p, 1, 10000), 1);
		n = recv(fd, text + text_len, 60000, 0);
		ck_assert_int_gt(n, 2);
		ck_assert_int_eq(text[text_len + (size_t)n - 1], '}');
		text_len += (size_t)n;
		text[text_len++] = '\n';
		wanted--;
	}
}

START_TEST(a_datagram_is_an_event_and_a_new_receiver_goes_on)
{
	int fd;

	use(OUTPUT_TYPE_SOCKET);
	rig.settings.local.datagram = true;
	fd = listen_at(SOCK_DGRAM);
	rig_start(&rig);
	rig_push(&rig, 1000, 100);
	receive(fd, 1000);
	rig_settle(&rig);
	close(fd);
	rig_push(&rig, 1000, 100);
	await_stat(OUTPUT_READERS_GONE, 1);
	fd = listen_at(SOCK_DGRAM);
	receive(fd, 1000);
	rig_settle(&rig);
	ck_assert_uint_eq(check_lines(0), 2000);
	rig_end(&rig, 20000);
	ck_assert_uint_eq(rig_stat(&rig, OUTPUT_DELIVERED), 2000);
	close(fd);
}
END_TEST

START_TEST(an_event_too_large_for_a_datagram_is_dropped_alone)
{
	int fd;

	use(OUTPUT_TYPE_SOCKET);
	rig.settings.local.datagram = true;
	rig.settings.feed.batch_bytes = 2000000;
	fd = listen_at(SOCK_DGRAM);
	rig_start(&rig);
	rig_push(&rig, 3, 10);
	rig_push(&rig, 1, 900000);
	rig_push(&rig, 3, 10);
	receive(fd, 6);
	rig_settle(&rig);
	rig_end(&rig, 20000);
	ck_assert_uint_eq(rig_stat(&rig, OUTPUT_DELIVERED), 6);
	ck_assert_uint_eq(rig_stat(&rig, OUTPUT_DROPPED_TOO_LARGE), 1);
	ck_assert_uint_eq(rig_stat(&rig, OUTPUT_DROPPED_SHUTDOWN), 0);
	close(fd);
}
END_TEST

START_TEST(a_receiver_that_does_not_read_does_not_hold_up_the_end)
{
	int fd;

	use(OUTPUT_TYPE_SOCKET);
	rig.settings.local.datagram = true;
	fd = listen_at(SOCK_DGRAM);
	rig_start(&rig);
	rig_push(&rig, 2000, 100);
	await_stat(OUTPUT_BYTES_SENT, 1);
	rig_end(&rig, 300);
	ck_assert_double_lt(rig.took, 5);
	ck_assert_uint_gt(rig_stat(&rig, OUTPUT_DELIVERED), 0);
	ck_assert_uint_gt(rig_stat(&rig, OUTPUT_DROPPED_SHUTDOWN), 0);
	receive(fd, (unsigned)rig_stat(&rig, OUTPUT_DELIVERED));
	ck_assert_uint_eq(check_lines(0), rig_stat(&rig, OUTPUT_DELIVERED));
	close(fd);
}
END_TEST

START_TEST(a_socket_of_the_other_type_is_told)
{
	int fd;

	use(OUTPUT_TYPE_SOCKET);
	fd = listen_at(SOCK_DGRAM);
	rig_start(&rig);
	rig_push(&rig, 10, 0);
	await_reason("socket_type");
	rig_end(&rig, 20000);
	ck_assert_uint_eq(rig_stat(&rig, OUTPUT_DROPPED_SHUTDOWN), 10);
	close(fd);
}
END_TEST

static const struct {
	bool spool;
	enum feed_overflow overflow;
	const char *wait;
} waits[] = {
	{ false, OVERFLOW_DROP, "are dropped when memory is full: " },
	{ false, OVERFLOW_BLOCK, "no more are read when memory is full: " },
	{ true, OVERFLOW_DROP, "go to the spool when memory is full: " },
};

START_TEST(a_socket_that_is_not_there_is_told_with_what_becomes_of_events)
{
	char log[4096] = "";
	FILE *f = tmpfile();
	int saved = dup(STDERR_FILENO);

	ck_assert_ptr_nonnull(f);
	use(OUTPUT_TYPE_SOCKET);
	rig.settings.feed.spool = waits[_i].spool;
	rig.settings.feed.overflow = waits[_i].overflow;
	unsetenv("JOURNAL_STREAM");
	dup2(fileno(f), STDERR_FILENO);
	log_open(LOG_TARGET_STDERR, LOG_LEVEL_WARN);
	rig_start(&rig);
	rig_push(&rig, 10, 0);
	await_reason("there is no such socket");
	rig_end(&rig, 20000);
	dup2(saved, STDERR_FILENO);
	close(saved);
	rewind(f);
	log[fread(log, 1, sizeof(log) - 1, f)] = '\0';
	fclose(f);
	ck_assert_ptr_nonnull(strstr(log, " warning READER_AWAITED "));
	ck_assert_ptr_nonnull(strstr(log, waits[_i].wait));
}
END_TEST

int main(void)
{
	TCase *t = tcase_create("output_local");

	tcase_add_checked_fixture(t, setup, teardown);
	tcase_set_timeout(t, 60);
	tcase_add_test(t, a_pipe_is_made_and_its_reader_gets_lines);
	tcase_add_test(t, events_wait_for_a_reader_who_comes_late);
	tcase_add_test(
		t, what_a_dead_reader_has_not_read_the_next_one_gets_whole);
	tcase_add_test(t, what_is_not_read_is_not_delivered);
	tcase_add_test(t, a_reader_may_read_the_rest_after_the_end);
	tcase_add_test(t, the_end_waits_for_nobody_who_is_not_there);
	tcase_add_test(t, another_output_goes_on_where_a_halted_one_ends);
	tcase_add_test(t, something_else_in_the_place_of_a_pipe_is_refused);
	tcase_add_loop_test(t,
		a_pipe_of_anybody_is_taken_only_where_not_everybody_may_make_one,
		0, 2);
	tcase_add_test(t, a_stream_socket_gets_lines);
	tcase_add_test(t, another_reader_of_a_stream_begins_with_a_whole_event);
	tcase_add_test(t, octet_counting_puts_the_length_before_each_event);
	tcase_add_test(t, a_datagram_is_an_event_and_a_new_receiver_goes_on);
	tcase_add_test(t, an_event_too_large_for_a_datagram_is_dropped_alone);
	tcase_add_test(
		t, a_receiver_that_does_not_read_does_not_hold_up_the_end);
	tcase_add_test(t, a_socket_of_the_other_type_is_told);
	tcase_add_loop_test(t,
		a_socket_that_is_not_there_is_told_with_what_becomes_of_events,
		0, (int)COUNT(waits));
	return suite_run("deliver/output_local", t);
}
