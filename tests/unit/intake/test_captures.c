/*
 * Real captures, played over real sockets: as many events come out as the
 * corpus' manifest has messages.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "lib/intake_rig.h"
#include "lib/replay.h"
#include "lib/suite.h"

enum { SKIPPED = 77, CAPTURES_MAX = 100, NAME_MAX_LEN = 256 };

static struct capture {
	char name[NAME_MAX_LEN];
	uint64_t messages;
} captures[CAPTURES_MAX];
static int n_captures;

/* What passed over a socket, READY to the end of the connection. */
static const struct {
	const char *name;
	uint64_t messages;
} recorded[] = {
	{ "sockets/alpha-dnsdist.1.c2s", 1344 },
	{ "sockets/alpha-kresd.1.c2s", 634 },
	{ "sockets/alpha-nsd.1.c2s", 350 },
	{ "sockets/alpha-pdns.1.c2s", 0 },
	{ "sockets/alpha-pdns.2.c2s", 0 },
	{ "sockets/alpha-pdns.3.c2s", 375 },
};

static struct rig rig;

static bool read_manifest(void)
{
	const char *path = replay_corpus("captures/MANIFEST.tsv");
	FILE *f = path == NULL ? NULL : fopen(path, "r");
	char line[4096];

	if (f == NULL)
		return false;
	while (n_captures < CAPTURES_MAX &&
		fgets(line, sizeof(line), f) != NULL) {
		struct capture *c = &captures[n_captures];

		/* the heading has no numbers */
		if (sscanf(line, "%255s %*u %" SCNu64, c->name, &c->messages) ==
			2)
			n_captures++;
	}
	fclose(f);
	return n_captures > 0;
}

static struct script read_capture(const char *name)
{
	char inside[NAME_MAX_LEN + 16], piece[65536];
	struct script s = SCRIPT_NULL;
	const char *path;
	size_t n;
	FILE *f;

	snprintf(inside, sizeof(inside), "captures/%s", name);
	path = replay_corpus(inside);
	ck_assert_ptr_nonnull(path);
	f = fopen(path, "r");
	ck_assert_ptr_nonnull(f);
	while ((n = fread(piece, 1, sizeof(piece), f)) > 0)
		script_add(&s, piece, n);
	fclose(f);
	return s;
}

static void play(enum rig_door door, const struct script *s, size_t step)
{
	int fd = rig_connect(&rig, door);
	char octets[256];

	ck_assert(peer_write(fd, s->data, s->len, step));
	shutdown(fd, SHUT_WR);
	while (recv(fd, octets, sizeof(octets), 0) > 0)
		;
	close(fd);
}

static void start(void)
{
	rig_init(&rig);
	rig.settings.max_frame = 256 * 1024;
	rig.feed_settings.batch_bytes = 4 * 1024 * 1024;
	rig_start(&rig);
}

static void check_and_end(uint64_t messages)
{
	ck_assert(rig_wait_stat(&rig, INTAKE_RECEIVED, messages));
	ck_assert(rig_wait_events(&rig, messages));
	ck_assert_uint_eq(rig_stat(&rig, INTAKE_PROTOCOL_ERRORS), 0);
	ck_assert_uint_eq(rig_stat(&rig, INTAKE_IO_ERRORS), 0);
	rig_end(&rig, 1000);
}

START_TEST(a_capture_gives_its_messages_over_either_socket)
{
	struct script s = read_capture(captures[_i].name);

	start();
	play(RIG_UNIX, &s, 0);
	play(RIG_TCP, &s, 1009);
	check_and_end(2 * captures[_i].messages);
	script_free(&s);
}
END_TEST

START_TEST(a_recorded_connection_gives_its_messages)
{
	struct script s = read_capture(recorded[_i].name);

	start();
	play(RIG_UNIX, &s, 4093);
	check_and_end(recorded[_i].messages);
	script_free(&s);
}
END_TEST

int main(void)
{
	TCase *t = tcase_create("captures");

	if (!read_manifest()) {
		puts("no corpus here: set TAPFERRY_CORPUS");
		return SKIPPED;
	}
	tcase_set_timeout(t, 60);
	tcase_add_loop_test(t, a_capture_gives_its_messages_over_either_socket,
		0, n_captures);
	tcase_add_loop_test(t, a_recorded_connection_gives_its_messages, 0,
		COUNT(recorded));
	return suite_run("captures", t);
}
