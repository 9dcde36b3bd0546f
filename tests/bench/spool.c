/*
 * spool: how fast batches go to a disk and come back.
 *
 *	spool [--count N] [--folder FOLDER]
 *
 * N (200) batches of 1,000 generated events in HEC's envelope are written, read
 * back as after a restart, and removed, with each kind of fsync and
 * compression.  The folder (default: the current one) says which disk.  A line
 * a figure: "name value unit"; one thread, wall time and its CPU.  What comes
 * back is compared with what was written.
 */
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#include "base/clock.h"
#include "event/encoder.h"
#include "load/tape.h"
#include "spool/spool.h"

enum { EVENTS = 1000, BATCHES = 8 /* different ones */, BATCH_BYTES = 2000000 };

static struct dns_record records[DNS_RECORDS_MAX];
static struct batch_pool pool;
static struct batch *made[BATCHES];
static unsigned count = 200;
static const char *folder = ".";

static void __attribute__((noreturn)) fail(const char *what)
{
	fprintf(stderr, "spool: %s\n", what);
	exit(1);
}

static void make_batches(void)
{
	const struct encoder_settings settings = {
		.envelope = ENVELOPE_HEC,
		.host = "bench",
		.source = "tapferry",
		.sourcetype = "dnstap",
	};
	struct encoder *encoder;
	struct tape tape = TAPE_NULL;

	if (encoder_new(&encoder, &settings) != 0 ||
		tape_add_generated(&tape, EVENTS * BATCHES, 1,
			UINT64_C(1700000000000000000), "bench") != 0 ||
		batch_pool_init(&pool, BATCHES + 1, BATCH_BYTES, EVENTS) != 0)
		fail("out of memory");
	for (unsigned i = 0; i < EVENTS * BATCHES; i++) {
		size_t start = tape_start(&tape, i) + 4;
		struct batch *b;
		struct event e;

		if (i % EVENTS == 0)
			made[i / EVENTS] = batch_pool_get(&pool);
		b = made[i / EVENTS];
		if (event_decode(&e, records,
			    slice_from(tape.data + start, tape.ends[i] - start),
			    0) != 0)
			fail("a generated message cannot be read");
		b->len += encoder_write(
			encoder, &e, b->data + b->len, BATCH_BYTES - b->len);
		b->ends[b->events++] = (uint32_t)b->len;
		b->id = i;
	}
	tape_deinit(&tape);
	encoder_free(encoder);
}

static struct spool *open_spool(
	const struct spool_settings *settings, struct spool_usage *usage)
{
	struct spool_found found;
	struct spool *s;
	char error[256];

	*usage = (struct spool_usage){ 0 };
	if (spool_open(&s, settings, "bench native hec", usage, &found, error,
		    sizeof(error)) != 0)
		fail(error);
	return s;
}

/* When something began. */
struct start {
	uint64_t wall_ns, cpu_ns;
};

static struct start start_now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
	return (struct start){
		.wall_ns = clock_mono_ns(&clock_system),
		.cpu_ns = (uint64_t)t.tv_sec * NS_PER_S + (uint64_t)t.tv_nsec,
	};
}

static void figures(
	const char *run, const char *what, uint64_t bytes, struct start start)
{
	struct start end = start_now();
	double s = (double)(end.wall_ns - start.wall_ns) / NS_PER_S;

	printf("%s_%s_events %.0f events/s\n", run, what, count * EVENTS / s);
	printf("%s_%s_bytes %.1f MB/s of events\n", run, what,
		(double)bytes / 1e6 / s);
	printf("%s_%s_cpu %.0f ns/event\n", run, what,
		(double)(end.cpu_ns - start.cpu_ns) / (count * EVENTS));
}

static void bench(const char *name, bool sync, int gzip_level)
{
	char path[512];
	struct spool_settings settings = { .path = path,
		.max_size = UINT64_MAX,
		.no_sync = !sync,
		.gzip_level = gzip_level };
	struct spool_usage usage;
	struct spool_file *f;
	struct spool *s;
	uint64_t bytes = 0;
	struct start start;

	snprintf(path, sizeof(path), "%s/bench-spool", folder);
	s = open_spool(&settings, &usage);
	start = start_now();
	for (unsigned i = 0; i < count; i++) {
		struct batch *b = made[i % BATCHES];

		if (spool_write(s, b, i + 1, &f) != 0)
			fail("cannot write");
		spool_wait(s, f, EVENTS);
		bytes += b->len;
	}
	figures(name, "write", bytes, start);
	printf("%s_size %.3f of the events\n", name,
		(double)atomic_load(&usage.bytes) / (double)bytes);
	spool_close(s);

	start = start_now();
	s = open_spool(&settings, &usage);
	printf("%s_start %.2f ms for %u files\n", name,
		(double)(start_now().wall_ns - start.wall_ns) / NS_PER_MS,
		count);
	start = start_now();
	for (unsigned i = 0; i < count; i++) {
		struct batch *b = batch_pool_get(&pool);
		uint32_t lost;

		f = spool_oldest(s);
		if (f == NULL || spool_load(s, f, &pool, b, &lost) != 0)
			fail("cannot read");
		if (b->len != made[i % BATCHES]->len ||
			memcmp(b->data, made[i % BATCHES]->data, b->len) != 0)
			fail("what came back is not what was written");
		batch_settle(b, EVENTS);
		batch_pool_put(&pool, &b);
		spool_remove(s, f);
	}
	figures(name, "replay", bytes, start);
	spool_close(s);
	snprintf(path, sizeof(path), "%s/bench-spool/lock", folder);
	unlink(path);
	snprintf(path, sizeof(path), "%s/bench-spool", folder);
	rmdir(path);
}

int main(int argc, char **argv)
{
	static const struct option options[] = {
		{ "count", required_argument, NULL, 'n' },
		{ "folder", required_argument, NULL, 'f' },
		{ 0 },
	};
	int c;

	while ((c = getopt_long(argc, argv, "", options, NULL)) != -1) {
		if (c == 'n')
			count = (unsigned)strtoul(optarg, NULL, 10);
		else if (c == 'f')
			folder = optarg;
		else
			return 2;
	}
	make_batches();
	bench("gzip_fsync", true, 1);
	bench("gzip", false, 1);
	bench("plain_fsync", true, 0);
	bench("plain", false, 0);
	for (unsigned i = 0; i < BATCHES; i++)
		batch_pool_put(&pool, &made[i]);
	batch_pool_deinit(&pool);
	return 0;
}
