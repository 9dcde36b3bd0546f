#include "intake/deadline.h"

#include "base/log.h"
#include "intake/channel.h"
#include "intake/shake.h"
#include "intake/stream.h"
#include "intake/turn.h"

/* Who must go first of that list, or NULL. */
static struct conn *first_of(const struct worker *w, unsigned list)
{
	return cds_list_empty(&w->lists[list])
		       ? NULL
		       : cds_list_first_entry(
				 &w->lists[list], struct conn, link);
}

static uint64_t shakes_until(const struct worker *w, const struct conn *c)
{
	return c->accepted_ns +
	       crew_settings(w->crew)->tls_handshake_timeout_ns;
}

static uint64_t greets_until(const struct worker *w, const struct conn *c)
{
	uint64_t since =
		c->tls != NULL ? tls_opened_ns(c->tls) : c->accepted_ns;

	return since + crew_settings(w->crew)->handshake_timeout_ns;
}

void deadline_close_late(struct worker *w)
{
	struct conn *c;

	while ((c = first_of(w, WORKER_SHAKING)) != NULL &&
		w->now_ns >= shakes_until(w, c))
		shake_close_late(w, c);
	while ((c = first_of(w, WORKER_GREETING)) != NULL &&
		w->now_ns >= greets_until(w, c))
		turn_close_late(w, c);
}

static void close_idle(struct worker *w, struct conn *c)
{
	char peer[CONN_PEER_TEXT_MAX];

	conn_peer_text(c, peer);
	log_info_limited(INTAKE_IDLE,
		"connection closed: quiet for the whole idle_timeout",
		"listener=%s peer=%s within_frame=%s",
		crew_listener_name(w->crew, c), peer,
		stream_is_within_frame(c) ? "yes" : "no");
	stat_inc(w->stats, INTAKE_CONNECTIONS_IDLE);
	turn_close(w, c);
}

/* Ticks a stream of that list may be quiet, 0: any number. */
static uint64_t idle_ticks(const struct worker *w, unsigned list)
{
	uint64_t ns = crew_settings(w->crew)
			      ->listeners[list - WORKER_STREAMS]
			      .idle_timeout_ns;

	/* a part of a tick had gone by when the quiet began */
	return ns == 0 ? 0 : ns / WORKER_TICK_NS + 2;
}

void deadline_close_idle(struct worker *w)
{
	for (unsigned i = WORKER_STREAMS; i < w->n_lists; i++) {
		uint64_t ticks = idle_ticks(w, i);
		struct conn *c;

		while (ticks != 0 && (c = first_of(w, i)) != NULL) {
			if (w->tick - c->tick < ticks)
				break;
			/* it may be we who did not read */
			if (channel_unread(c) != 0)
				turn_note_activity(w, c);
			else
				close_idle(w, c);
		}
	}
}

static uint64_t earlier(uint64_t a, uint64_t b)
{
	return a < b ? a : b;
}

uint64_t deadline_next_ns(const struct worker *w)
{
	const struct conn *c;
	uint64_t due = UINT64_MAX;

	if ((c = first_of(w, WORKER_SHAKING)) != NULL)
		due = shakes_until(w, c);
	if ((c = first_of(w, WORKER_GREETING)) != NULL)
		due = earlier(due, greets_until(w, c));
	for (unsigned i = WORKER_STREAMS; i < w->n_lists; i++) {
		uint64_t ticks = idle_ticks(w, i), quiet;

		c = first_of(w, i);
		if (ticks == 0 || c == NULL)
			continue;
		quiet = w->tick - c->tick;
		due = earlier(
			due, w->now_ns + (ticks > quiet ? ticks - quiet : 0) *
						 WORKER_TICK_NS);
	}
	return due;
}
