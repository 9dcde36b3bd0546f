#include "control/report.h"

#include <ctype.h>
#include <inttypes.h>
#include <string.h>

#include "base/buf.h"
#include "base/clock.h"
#include "base/log.h"
#include "deliver/ledger.h"

static bool has_prefix(const struct stat_desc *d, const char *prefix)
{
	return strncmp(d->name, prefix, strlen(prefix)) == 0;
}

static uint64_t sum_refusals(const struct stat_set *intake)
{
	uint64_t sum = 0;

	for (unsigned i = 0; i < INTAKE_STAT_COUNT; i++)
		if (has_prefix(&intake_stat_desc[i], "REFUSED_"))
			sum += stat_sum(intake, i);
	return sum;
}

/* " dropped_queue_full=N", unless it is zero */
static void add_drop(struct buf *b, const struct stat_desc *d, uint64_t n)
{
	if (n == 0 || !ledger_is_drop(d))
		return;
	buf_add_str(b, " ");
	for (const char *p = d->name; *p != '\0'; p++) {
		char c = (char)tolower((unsigned char)*p);

		buf_add(b, &c, 1);
	}
	buf_printf(b, "=%" PRIu64, n);
}

static void add_drops(
	struct buf *b, const struct stat_set *intake, const struct feed *f)
{
	for (unsigned i = 0; i < INTAKE_STAT_COUNT; i++)
		add_drop(b, &intake_stat_desc[i], feed_intake(f, intake, i));
	for (unsigned i = 0; i < OUTPUT_STAT_COUNT; i++)
		add_drop(b, &output_stat_desc[i], stat_sum(&f->stats, i));
}

void report_ledger(
	const struct stat_set *intake, struct feed *const *feeds, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		struct feed *f = feeds[i];
		struct buf reasons = BUF_NULL;
		enum log_level level;
		struct ledger l;

		ledger_read(&l, intake, f);
		/* shown at any log.level when something went wrong */
		level = ledger_closed(&l) &&
					stat_sum(&f->stats,
						OUTPUT_DROPPED_SHUTDOWN) == 0
				? LOG_LEVEL_INFO
				: LOG_LEVEL_ERROR;
		add_drops(&reasons, intake, f);
		log_at(level, NULL, LEDGER, "where every event went",
			"output=%s received=%" PRIu64 " recovered=%" PRIu64
			" delivered=%" PRIu64 " filtered=%" PRIu64
			" dropped=%" PRIu64 " dead_lettered=%" PRIu64
			" in_memory=%" PRIu64 " in_spool=%" PRIu64
			" closed=%s %s",
			f->settings.name, l.received, l.recovered, l.delivered,
			l.filtered, l.dropped, l.dead_lettered, l.in_memory,
			l.in_spool, ledger_closed(&l) ? "yes" : "no",
			buf_str(&reasons));
		buf_deinit(&reasons);
	}
}

void report_stats(struct report *r, const struct stat_set *intake,
	struct feed *const *feeds, size_t n, unsigned connections,
	const struct frame_memory_use *memory, uint64_t mono_ns)
{
	uint64_t received = stat_sum(intake, INTAKE_RECEIVED);
	uint64_t bytes = stat_sum(intake, INTAKE_RECEIVED_BYTES);
	double seconds = (double)(mono_ns - r->last_ns) / (double)NS_PER_S;
	struct buf line = BUF_NULL;

	if (seconds <= 0)
		seconds = 1;
	buf_printf(&line,
		"received=%" PRIu64 " events_per_s=%.0f bytes_per_s=%.0f"
		" connections=%u refused=%" PRIu64
		" frame_memory=%zu frame_memory_size=%zu"
		" frame_memory_percent=%.0f frame_allocations=%" PRIu64
		" frame_allocations_per_s=%.0f",
		received, (double)(received - r->last_received) / seconds,
		(double)(bytes - r->last_bytes) / seconds, connections,
		sum_refusals(intake), memory->in_use, memory->size,
		100 * (double)memory->in_use / (double)memory->size,
		memory->allocations,
		(double)(memory->allocations - r->last_allocations) / seconds);
	for (size_t i = 0; i < n; i++) {
		struct ledger l;

		ledger_read_all(&l, intake, feeds[i]);
		buf_printf(&line,
			" %s.delivered=%" PRIu64 " %s.dropped=%" PRIu64
			" %s.in_memory=%" PRIu64 " %s.in_spool=%" PRIu64
			" %s.queued_batches=%zu",
			feeds[i]->settings.name, l.delivered,
			feeds[i]->settings.name, l.dropped,
			feeds[i]->settings.name, l.in_memory,
			feeds[i]->settings.name, l.in_spool,
			feeds[i]->settings.name, ring_len(&feeds[i]->sealed));
	}
	log_info(STATS, "running", "%s", buf_str(&line));
	buf_deinit(&line);
	r->last_ns = mono_ns;
	r->last_received = received;
	r->last_bytes = bytes;
	r->last_allocations = memory->allocations;
}
