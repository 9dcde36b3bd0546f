/*
 * Control client: one program on the control socket; its requests, one after
 * the other, and what is sent back.
 *
 * Never blocks.  What it may leave undone is bounded: a request in octets, half
 * a one and an unread reply in time (control_client_due_ns()), and a reply that
 * is long is made as it is taken.
 *
 * Thread: main, all of it.
 */
#ifndef TAPFERRY_CONTROL_CONTROL_CLIENT_H
#define TAPFERRY_CONTROL_CONTROL_CLIENT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/epoll.h>
#include <sys/types.h>

#include "base/buf.h"
#include "base/slice.h"

enum { CONTROL_LINE_MAX = 64 * 1024 }; /* octets of a request */

struct control_peer {
	uid_t uid;
	pid_t pid;
};

/* What is sent back: the text; if `read` is set, what it gives until 0, and
 * then `rest`.  Without newlines: one is put behind it all. */
struct control_reply {
	struct buf text;
	/* Return: octets, 0: that was all, -errno.  Newlines become spaces. */
	ssize_t (*read)(void *source, char *into, size_t max);
	void (*free)(void *source);
	void *source; /* owned, by `free` */
	const char *rest;
};

/* Answers one line; reply is empty before. */
typedef void control_answer(void *arg, const struct control_peer *peer,
	struct slice line, struct control_reply *reply);

struct control_client;

/*
 * control_client_new() - whoever has just been accepted
 * @fd:  non-blocking; taken, if there is memory
 * Return: NULL without memory.
 */
struct control_client *control_client_new(int fd, uint64_t mono_ns);
/* Closes and frees. */
struct control_client *control_client_free(struct control_client *c);

/*
 * control_client_turn() - read, answer, send: one step of each
 * Return: false: it is gone, or all is done: to be freed.
 */
bool control_client_turn(struct control_client *c, control_answer *answer,
	void *arg, uint64_t mono_ns);

/* Of what its caller is to be told next; @e is the client's.  Return: is that
 * something else than the last time? */
bool control_client_await(struct control_client *c, struct epoll_event *e);

/* Sends what can be sent at once. */
void control_client_flush(struct control_client *c);

/* Nothing is asked and nothing is to be sent, since then. */
bool control_client_is_quiet(
	const struct control_client *c, uint64_t *since_ns);

/* When its patience is over: monotonic. */
uint64_t control_client_due_ns(const struct control_client *c);

int control_client_fd(const struct control_client *c);

#endif
