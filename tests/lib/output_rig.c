#include "lib/output_rig.h"

#include <check.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "base/clock.h"
#include "sync/rcu.h"

enum { BATCH_EVENTS = 2000, BATCH_BYTES = 1000000, BUFFER_EVENTS = 200000 };

static void sleep_ms(unsigned ms)
{
	nanosleep(&(struct timespec){ .tv_sec = ms / 1000,
			  .tv_nsec = ms % 1000 * 1000000L },
		NULL);
}

void rig_init(struct output_rig *rig, enum output_type type)
{
	signal(SIGPIPE, SIG_IGN); /* as the daemon does */
	*rig = (struct output_rig){
		.settings = {
			.type = type,
			.feed = {
				.name = "rig",
				.batch_events = BATCH_EVENTS,
				.batch_bytes = BATCH_BYTES,
				.buffer_events = BUFFER_EVENTS,
			},
			.remote = {
				.access = { .token = "secret" },
				.compression_level = 1,
				.senders = 1,
				.connect_timeout_ns = 5 * NS_PER_S,
				.request_timeout_ns = 20 * NS_PER_S,
				.retry_initial_ns = 5 * NS_PER_MS,
				.retry_max_ns = 50 * NS_PER_MS,
				.hold_retry_ns = 50 * NS_PER_MS,
				.pool = {
					.enabled = true,
					.max_active = 8,
					.max_idle = 8,
					.validate_after_ns = 2 * NS_PER_S,
					.checkout_timeout_ns = 5 * NS_PER_S,
				},
			},
			.file = { .mode = 0600, .rotate_keep = 3 },
		},
	};
}

void rig_backend(struct output_rig *rig, const char *url)
{
	struct remote_settings *s = &rig->settings.remote;

	rig->backends[s->n_backends++] =
		(struct backend_settings){ .url = url, .enabled = true };
	s->backends = rig->backends;
}

void rig_start(struct output_rig *rig)
{
	char error[256] = "";

	ck_assert_int_eq(feed_init(&rig->feed, &rig->settings.feed, 1,
				 output_senders(&rig->settings)),
		0);
	ck_assert_msg(output_start(&rig->output, &rig->settings, &rig->feed,
			      error, sizeof(error)) == 0,
		"%s", error);
}

void rig_push(struct output_rig *rig, unsigned n, unsigned padding)
{
	struct batch *b = batch_pool_get(&rig->feed.pool);

	ck_assert_ptr_nonnull(b);
	b->opened_ns = clock_mono_ns(&clock_system);
	ck_assert_uint_le(n * (padding + 32), BATCH_BYTES);
	for (unsigned i = 0; i < n; i++) {
		char *at = (char *)b->data + b->len;

		b->len += (size_t)sprintf(at, "{\"n\":%u,\"p\":\"%*s\"}\n",
			rig->pushed++, (int)padding, "");
		b->ends[b->events++] = (uint32_t)b->len;
	}
	b->id = feed_batch_id(&rig->feed, n);
	atomic_store(&b->held, n);
	stat_add(&rig->feed.stats.shards[0], OUTPUT_TAKEN, n);
	ck_assert(ring_push(&rig->feed.sealed, b));
}

void rig_settle(struct output_rig *rig)
{
	for (int i = 0; i < 20000; i++) {
		if (batch_pool_held(&rig->feed.pool) == 0)
			return;
		sleep_ms(1);
	}
	ck_abort_msg("%llu events are not settled",
		(unsigned long long)batch_pool_held(&rig->feed.pool));
}

void rig_end(struct output_rig *rig, unsigned drain_ms)
{
	uint64_t start = clock_mono_ns(&clock_system);

	feed_close(&rig->feed);
	output_drain(rig->output, start + drain_ms * NS_PER_MS, true);
	while (!output_ended(rig->output))
		sleep_ms(1);
	rig->took = (double)(clock_mono_ns(&clock_system) - start) / NS_PER_S;
	rig->output = output_free(rig->output);
	rcu_barrier();
	ck_assert_uint_eq(batch_pool_held(&rig->feed.pool), 0);
	ck_assert_uint_eq(rig->pushed + rig_stat(rig, OUTPUT_RECOVERED),
		atomic_load(&rig->feed.disk.usage.events) +
			rig_stat(rig, OUTPUT_DEAD_LETTERED) +
			rig_stat(rig, OUTPUT_DELIVERED) +
			rig_stat(rig, OUTPUT_DROPPED_REFUSED) +
			rig_stat(rig, OUTPUT_DROPPED_TOO_LARGE) +
			rig_stat(rig, OUTPUT_DROPPED_SHUTDOWN));
}

uint64_t rig_stat(const struct output_rig *rig, enum output_stat id)
{
	return stat_sum(&rig->feed.stats, id);
}

void rig_deinit(struct output_rig *rig)
{
	feed_deinit(&rig->feed);
}
