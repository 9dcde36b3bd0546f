#include "intake/sink.h"

#include <errno.h>
#include <stdlib.h>

int sink_init(struct sink *s, struct stat_shard *stats)
{
	*s = (struct sink){ .stats = stats };
	s->records = malloc(DNS_RECORDS_MAX * sizeof(*s->records));
	return s->records == NULL ? -ENOMEM : 0;
}

/* The one that fills the same feed, out of the sink's own, or NULL. */
static struct filler *find_filler(struct sink *s, const struct feed *feed)
{
	for (size_t i = 0; i < s->n_fillers; i++)
		if (s->fillers[i].feed == feed)
			return &s->fillers[i];
	return NULL;
}

void sink_change(struct sink *s, struct filler **fillersp, size_t n)
{
	struct filler *next = *fillersp;

	sink_count(s);
	s->may_block = false;
	for (size_t i = 0; i < n; i++) {
		struct filler *had = find_filler(s, next[i].feed);

		if (had != NULL) {
			struct filler unused = next[i];

			next[i] = *had;
			*had = unused;
			had->feed = NULL; /* found: it stays */
		} else {
			feed_join(next[i].feed, s->stats);
		}
		s->may_block |=
			next[i].feed->settings.overflow == OVERFLOW_BLOCK;
	}
	for (size_t i = 0; i < s->n_fillers; i++) {
		struct filler *gone = &s->fillers[i];

		if (gone->feed != NULL) {
			filler_flush(gone);
			feed_leave(gone->feed, s->stats);
		}
		filler_deinit(gone);
	}
	free(s->fillers);
	s->fillers = next;
	s->n_fillers = n;
	*fillersp = NULL;
}

void sink_deinit(struct sink *s)
{
	while (s->n_fillers > 0)
		filler_deinit(&s->fillers[--s->n_fillers]);
	free(s->fillers);
	free(s->records);
	*s = SINK_NULL;
}

bool sink_add(struct sink *s, struct slice payload)
{
	s->received++;
	if (event_decode(&s->event, s->records, payload, s->real_ns) != 0) {
		s->not_dnstap++;
		return false;
	}
	s->malformed += s->event.has_dns && s->event.dns.malformed;
	for (size_t i = 0; i < s->n_fillers; i++)
		filler_add(&s->fillers[i], &s->event, s->mono_ns);
	return true;
}

bool sink_is_blocked(struct sink *s)
{
	bool blocked = false;

	if (!s->may_block)
		return false;
	for (size_t i = 0; i < s->n_fillers; i++)
		blocked |= filler_blocked(&s->fillers[i]);
	return blocked;
}

static void move_count(struct sink *s, unsigned id, uint64_t *n)
{
	if (*n == 0)
		return;
	stat_add(s->stats, id, *n);
	*n = 0;
}

void sink_count(struct sink *s)
{
	move_count(s, INTAKE_RECEIVED, &s->received);
	move_count(s, INTAKE_RECEIVED_BYTES, &s->bytes);
	move_count(s, INTAKE_DROPPED_NOT_DNSTAP, &s->not_dnstap);
	move_count(s, INTAKE_DROPPED_FRAME_TOO_LARGE, &s->too_large);
	move_count(s, INTAKE_MALFORMED_DNS, &s->malformed);
}

uint64_t sink_tick(struct sink *s, uint64_t mono_ns)
{
	uint64_t due = UINT64_MAX;

	for (size_t i = 0; i < s->n_fillers; i++) {
		uint64_t t = filler_tick(&s->fillers[i], mono_ns);

		if (t < due)
			due = t;
	}
	return due;
}

void sink_flush(struct sink *s)
{
	for (size_t i = 0; i < s->n_fillers; i++)
		filler_flush(&s->fillers[i]);
}
