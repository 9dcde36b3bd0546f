/*
 * A line at the control socket, against a daemon without outputs.  Whatever
 * comes, the reply is one object of JSON with "ok" in it.
 */
#include "fuzz.h"

#include <stdio.h>
#include <unistd.h>
#include <urcu.h>

#include "base/clock.h"
#include "control/command.h"

static struct command_room room;
static struct outlets outlets;
static struct edition edition, *in_force = &edition;
static struct stat_set stats;
static struct monitor_view view;
static char dir[] = "/tmp/tapferry-fuzz-XXXXXX";

static enum monitor_phase phase(void *arg)
{
	(void)arg;
	return MONITOR_RUNNING;
}

static const char *stuck(void *arg)
{
	(void)arg;
	return NULL;
}

static int reload_nothing(void *daemon, struct buf *said)
{
	(void)daemon;
	buf_add_str(said, "a note\nwith \377 in it\n");
	return 0;
}

static void shut_nothing_down(void *daemon, bool now)
{
	(void)daemon;
	(void)now;
}

static void end(void)
{
	intake_stop(view.intake, 0);
	view.intake = intake_free(view.intake);
	history_deinit(&room.history);
	census_deinit(&room.census);
	stat_set_deinit(&stats);
	config_deinit(&edition.config);
	rcu_barrier();
	rcu_unregister_thread();
	rmdir(dir);
}

static void start(void)
{
	struct config_source source = { .file = NULL };
	struct buf problems = BUF_NULL, text = BUF_NULL;
	struct intake_settings intake;
	char error[512];

	rcu_register_thread();
	log_open(LOG_TARGET_STDERR, LOG_LEVEL_ERROR);
	FUZZ_CHECK(mkdtemp(dir) != NULL);
	buf_printf(&text,
		"workers = 1; listeners = ( { name = \"a\"; address = "
		"\"unix:%s/a\"; } ); outputs = ( { name = \"o\"; type = "
		"\"stdout\"; } );",
		dir);
	source.text = buf_str(&text);
	FUZZ_CHECK(config_load(&edition.config, &source, &problems) == 0);
	intake = edition.config.intake;
	intake.clock = &clock_system;
	FUZZ_CHECK(stat_set_init(&stats, 2) == 0);
	FUZZ_CHECK(intake_new(&view.intake, &intake, NULL, 0, &stats, error,
			   sizeof(error)) == 0);
	FUZZ_CHECK(intake_start(view.intake, error, sizeof(error)) == 0);
	view.settings = intake_settings_now(view.intake);
	view.stats = &stats;
	view.phase = phase;
	view.stuck = stuck;
	room = (struct command_room){
		.view = &view,
		.outlets = &outlets,
		.edition = &in_force,
		.reload = reload_nothing,
		.shutdown = shut_nothing_down,
	};
	FUZZ_CHECK(history_init(&room.history, &view) == 0);
	buf_deinit(&problems);
	buf_deinit(&text);
	atexit(end);
}

/* As the socket sends it. */
static void collect(struct control_reply *reply)
{
	char piece[512];
	ssize_t n;

	if (reply->read == NULL)
		return;
	while ((n = reply->read(reply->source, piece, sizeof(piece))) > 0)
		buf_add(&reply->text, piece, (size_t)n);
	FUZZ_CHECK(n == 0);
	reply->free(reply->source);
	buf_add_str(&reply->text, reply->rest);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const struct control_peer peer = { .uid = 0 };
	struct control_reply reply = { .text = BUF_NULL };
	uint8_t *line = fuzz_copy(data, size);
	json_t *answer;
	int ok;

	if (view.intake == NULL)
		start();
	log_set_level(LOG_LEVEL_ERROR);
	command_answer(&room, &peer, slice_from(line, size), &reply);
	collect(&reply);
	answer = json_loadb(reply.text.data, reply.text.len, 0, NULL);
	FUZZ_CHECK(json_is_object(answer));
	ok = json_is_true(json_object_get(answer, "ok"));
	FUZZ_CHECK(ok ? json_is_object(json_object_get(answer, "result"))
		      : json_is_string(json_object_get(answer, "cure")));
	json_decref(answer);
	buf_deinit(&reply.text);
	free(line);
	return 0;
}
