/*
 * Intake rig: an intake with one feed on a unix and a TCP listener, and the
 * peer's side of Frame Streams, for tests of the whole way from a socket to
 * the feed's ring.
 */
#ifndef TESTS_LIB_INTAKE_RIG_H
#define TESTS_LIB_INTAKE_RIG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "event/feed.h"
#include "intake/intake.h"

struct rig {
	/* set before rig_start(); rig_init() gives defaults */
	struct intake_settings settings;
	struct feed_settings feed_settings;
	/* unix, TCP, TLS (if its tls.cert is set); their names and addresses
	 * are rig_start()'s */
	struct listener_settings listeners[3];
	/* set by rig_start() */
	struct intake *intake;
	struct feed feed;
	struct feed *feeds[1];
	struct stat_set stats;
	char dir[64], path[80];
	/* what rig_collect() found so far */
	uint64_t events;
	void (*on_event)(struct rig *r, const char *line, size_t len);
	uint32_t next_number; /* of rig_check_order() */
};

enum rig_door { RIG_UNIX = 0, RIG_TCP = 1, RIG_TLS = 2 };

void rig_init(struct rig *r);
void rig_start(struct rig *r);

/* Stops within `grace_ms`, collects, frees. */
void rig_end(struct rig *r, unsigned grace_ms);

uint64_t rig_stat(const struct rig *r, enum intake_stat id);

/* Waits (some seconds at most) until a counter is n; false when it is not. */
bool rig_wait_stat(struct rig *r, enum intake_stat id, uint64_t n);

/* Takes the batches that are sealed; r->events grows. */
void rig_collect(struct rig *r);

/* An on_event: aborts unless the names count up from n0.example. */
void rig_check_order(struct rig *r, const char *line, size_t len);

/* Waits for the events of these; are exactly these numbers counted? */
bool rig_ledger_is(struct rig *r, uint64_t received, uint64_t not_dnstap,
	uint64_t too_large, uint64_t malformed);

void rig_pause_ms(unsigned ms);

/* Waits until so many events in all were collected. */
bool rig_wait_events(struct rig *r, uint64_t n);

/* A connected, blocking socket with a receive timeout of some seconds. */
int rig_connect(struct rig *r, enum rig_door door);

/* Bytes of a stream: growing, plain. */
struct script {
	uint8_t *data;
	size_t len, cap;
};

enum { SCRIPT_READY = 4, SCRIPT_START = 2, SCRIPT_STOP = 3 };

void script_free(struct script *s);
void script_add(struct script *s, const void *data, size_t len);
void script_u32(struct script *s, uint32_t n);
/* A control frame; content type NULL: without one. */
void script_control(struct script *s, uint32_t type, const char *content_type);
/* A data frame with a dnstap CLIENT_QUERY for the name n<number>.example. */
void script_event(struct script *s, uint32_t number);
/* A data frame with a payload of that many octets of rubbish. */
void script_rubbish(struct script *s, uint32_t len);

/* START, that many events numbered from 0, STOP. */
struct script script_stream(uint32_t events);

#define SCRIPT_NULL ((struct script){ 0 })
#define SCRIPT_TYPE "protobuf:dnstap.Dnstap"

/* Writes all of it, in pieces of `step` octets (0: at once). */
bool peer_write(int fd, const void *data, size_t len, size_t step);

/* Reads one control frame.  Return: its type, 0 at the end of the stream. */
uint32_t peer_read_control(int fd);

/* Waits for the end; what comes before it is not looked at. */
bool peer_is_ended(int fd);

/* READY, ACCEPT, START.  Return: did it work out? */
bool peer_open(int fd);

#endif
