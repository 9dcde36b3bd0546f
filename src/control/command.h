/*
 * Command: what may be asked at the control socket.
 *
 *	{"v":1,"command":"status"}
 *	{"v":1,"ok":true,"result":{...}}
 *	{"v":1,"ok":false,"error":"what is wrong","cure":"what to do"}
 *
 * A request is an object: the version, the command's name and its parameters,
 * and nothing else.  tapferryctl(1) lists them; the table is in command.c.
 *
 * Thread: main, all of it.
 */
#ifndef TAPFERRY_CONTROL_COMMAND_H
#define TAPFERRY_CONTROL_COMMAND_H

#include <jansson.h>

#include "control/control_socket.h"
#include "control/outlets.h"
#include "monitor/census.h"
#include "monitor/history.h"
#include "monitor/jbuf.h"

enum { COMMAND_VERSION = 1 };

/* What commands look at and change. */
struct command_room {
	const struct monitor_view *view;
	struct outlets *outlets;
	struct edition **edition; /* in force */
	struct history history;
	struct census census;
	bool draining; /* the end has begun */
	/* see reload(); the daemon tells the log, too */
	int (*reload)(void *daemon, struct buf *said);
	/* begin to end, after this turn; @now: without draining */
	void (*shutdown)(void *daemon, bool now);
	void *daemon;
};

/* A control_answer; arg is the room. */
void command_answer(void *arg, const struct control_peer *peer,
	struct slice line, struct control_reply *reply);

/* --- for the commands */

struct command {
	struct command_room *room;
	const json_t *request;
	struct jbuf result; /* one value, into `text` */
	struct buf text;
	struct control_reply *reply; /* its stream, instead of `result` */
	struct buf error, cure;      /* error: refused */
	struct buf problems;         /* besides: a line each */
	struct buf url;              /* a backend's, as configured */
	const struct outlet *outlet; /* the one that was meant; or NULL */
};

/* Refuse it: what is wrong, and what to do. */
void command_refuse(struct command *c, const char *cure, const char *format,
	...) __attribute__((format(printf, 3, 4)));

/*
 * Parameters.  One that is missing leaves *value alone; one that is not as it
 * must be refuses the command.  Return: go on?
 */
bool command_text(struct command *c, const char *key, const char **value);
bool command_number(struct command *c, const char *key, uint64_t min,
	uint64_t max, uint64_t *value);
bool command_flag(struct command *c, const char *key, bool *value);

/* The output of parameter `output`; without one: the only one that `fits`
 * (NULL: all do).  NULL: it is refused. */
struct outlet *command_outlet(struct command *c,
	bool (*fits)(const struct outlet *t), const char *what);

/* Text of any length as a JSON string. */
void command_put_text(
	struct command *c, const char *key, const char *text, size_t len);

/* Is it one of those, which are separated by spaces? */
bool command_takes(const char *parameters, const char *key);

/*
 * command_log() - what was done, or refused, and for whom (command_log.c)
 * @parameters:  that it takes
 * @shown:       at the log level that was: it may be what has been changed
 */
void command_log(const struct command *c, const char *name,
	const char *parameters, const struct control_peer *peer, bool shown);

/* command_watch.c */
void command_status(struct command *c);
void command_backends(struct command *c);
void command_connections(struct command *c);
void command_config(struct command *c);
/* command_daemon.c */
void command_close(struct command *c);
void command_log_level(struct command *c);
void command_reload(struct command *c);
void command_shutdown(struct command *c);
/* command_outputs.c */
void command_pause(struct command *c);
void command_resume(struct command *c);
void command_flush(struct command *c);
void command_backend_add(struct command *c);
void command_backend_remove(struct command *c);
void command_backend_drain(struct command *c);
void command_backend_enable(struct command *c);
void command_backend_disable(struct command *c);
void command_backend_weight(struct command *c);
/* command_spool.c */
void command_spool(struct command *c);
void command_spool_replay(struct command *c);
void command_spool_discard(struct command *c);
void command_letters(struct command *c);
void command_letters_replay(struct command *c);

#endif
