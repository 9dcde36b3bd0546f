#include "intake/sink.h"

#include <errno.h>
#include <stdlib.h>

int sink_init(struct sink *s, struct feed **feeds, size_t n_feeds,
	unsigned worker, struct stat_shard *stats)
{
	int r;

	*s = (struct sink){ .stats = stats };
	s->records = malloc(DNS_RECORDS_MAX * sizeof(*s->records));
	s->fillers = calloc(n_feeds, sizeof(*s->fillers));
	if (s->records == NULL || (s->fillers == NULL && n_feeds != 0)) {
		r = -ENOMEM;
		goto out;
	}
	while (s->n_fillers < n_feeds) {
		struct feed *f = feeds[s->n_fillers];

		r = filler_init(&s->fillers[s->n_fillers], f, worker);
		if (r != 0)
			goto out;
		s->n_fillers++;
		s->may_block |= f->settings.overflow == OVERFLOW_BLOCK;
	}
	return 0;

out:
	sink_deinit(s);
	return r;
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
