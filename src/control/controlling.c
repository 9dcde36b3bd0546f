#include "control/controlling.h"

#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "base/log.h"

enum { ERROR_MAX = 512 };

static int listen_as_said(struct controlling *c, char *error, size_t cap)
{
	const struct control_settings *s = &(*c->room.edition)->config.control;
	int r = control_socket_follow(c->socket, s, error, cap);

	if ((s->path != NULL) != (c->tick.interval_ns != 0))
		c->tick = (struct beat){
			.interval_ns = s->path != NULL ? NS_PER_S : 0,
			.next_ns = clock_mono_ns(&clock_system),
		};
	return r;
}

int controlling_start(struct controlling *c, const struct command_room *room,
	char *error, size_t cap)
{
	int r;

	c->room = *room;
	c->room.census = CENSUS_NULL;
	r = history_init(&c->room.history, room->view);
	if (r == 0)
		r = control_socket_new(&c->socket, command_answer, &c->room);
	if (r != 0) {
		snprintf(error, cap, "control socket: %s", strerror(-r));
		return r;
	}
	return listen_as_said(c, error, cap);
}

int controlling_prepare(struct controlling *c, const struct control_settings *s,
	char *error, size_t cap)
{
	return c->socket == NULL
		       ? 0
		       : control_socket_prepare(c->socket, s, error, cap);
}

void controlling_abandon(struct controlling *c)
{
	if (c->socket != NULL)
		control_socket_abandon(c->socket);
}

void controlling_follow(struct controlling *c, struct buf *said)
{
	char error[ERROR_MAX];

	if (c->socket == NULL)
		return;
	history_follow(&c->room.history);
	if (listen_as_said(c, error, sizeof(error)) == 0)
		return;
	log_error(CONTROL_FAILED, "the control socket stays as it was",
		"reason=\"%s\"", error);
	if (said != NULL)
		buf_printf(
			said, "control.socket: stays as it was: %s\n", error);
}

int controlling_fd(const struct controlling *c)
{
	return c->socket != NULL ? control_socket_fd(c->socket) : -1;
}

int controlling_wait_ms(const struct controlling *c, uint64_t mono_ns)
{
	const struct beat clients = {
		.interval_ns = c->socket != NULL,
		.next_ns = c->socket != NULL ? control_socket_due_ns(c->socket)
					     : 0,
	};
	int first = beat_wait_ms(&c->tick, mono_ns);
	int second = beat_wait_ms(&clients, mono_ns);

	return second < first ? second : first;
}

void controlling_serve(struct controlling *c)
{
	uint64_t now = clock_mono_ns(&clock_system);

	if (c->socket == NULL)
		return;
	if (beat_is_due(&c->tick, now)) {
		history_tick(
			&c->room.history, now, clock_real_ns(&clock_system));
		census_tick(&c->room.census, now);
	}
	control_socket_serve(c->socket, now);
}

void controlling_stop(struct controlling *c)
{
	c->socket = control_socket_free(c->socket);
	history_deinit(&c->room.history);
	census_deinit(&c->room.census);
}
