/*
 * decode_capture: Frame Streams files to events, as the daemon makes them.
 *
 *	decode_capture [--dialect native|cim] [--envelope ndjson|syslog|hec]
 *		[--raw never|malformed|always] FILE...
 *
 * Events go to standard output; a line a file, "FILE frames=N events=N
 * not_dnstap=N skipped=N end=clean|broken", to standard error.  What came
 * without a time is given the epoch's, so that the output is the same every
 * time.
 */
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>

#include "event/encoder.h"
#include "lib/replay.h"

enum { EVENT_MAX = 16 * 1024 * 1024 };

static struct dns_record records[DNS_RECORDS_MAX];

static int choose(const char *value, const char *const *names, int n)
{
	for (int i = 0; i < n; i++)
		if (strcmp(value, names[i]) == 0)
			return i;
	fprintf(stderr, "decode_capture: no such choice: %s\n", value);
	exit(2);
}

static void parse_options(
	int argc, char **argv, struct encoder_settings *settings)
{
	static const struct option options[] = {
		{ "dialect", required_argument, NULL, 'd' },
		{ "envelope", required_argument, NULL, 'e' },
		{ "raw", required_argument, NULL, 'r' },
		{ 0 },
	};
	static const char *const dialects[] = { "native", "cim" };
	/* in the order of enum event_envelope */
	static const char *const envelopes[] = { "ndjson", "syslog", "hec" };
	static const char *const raws[] = { "never", "malformed", "always" };
	int c;

	while ((c = getopt_long(argc, argv, "", options, NULL)) != -1) {
		switch (c) {
		case 'd':
			settings->dialect = choose(optarg, dialects, 2);
			break;
		case 'e':
			settings->envelope = choose(optarg, envelopes, 3);
			break;
		case 'r':
			settings->include_raw = choose(optarg, raws, 3);
			break;
		default:
			exit(2);
		}
	}
}

static int decode_file(struct encoder *encoder, uint8_t *out, const char *path)
{
	unsigned long frames = 0, events = 0;
	struct replay replay;
	struct slice payload;
	int e = replay_open(&replay, path);

	if (e != 0) {
		fprintf(stderr, "%s: %s\n", path, strerror(-e));
		return 1;
	}
	while ((e = replay_next(&replay, &payload)) == 0) {
		struct event event;
		size_t n;

		frames++;
		if (event_decode(&event, records, payload, 0) != 0)
			continue;
		n = encoder_write(encoder, &event, out, EVENT_MAX);
		if (n == 0) {
			fprintf(stderr, "%s: frame %lu does not fit\n", path,
				frames);
			continue;
		}
		events++;
		fwrite(out, 1, n, stdout);
	}
	fprintf(stderr,
		"%s frames=%lu events=%lu not_dnstap=%lu skipped=%lu end=%s\n",
		path, frames, events, frames - events,
		(unsigned long)replay.skipped,
		e == REPLAY_E_END ? "clean" : "broken");
	replay_close(&replay);
	return 0;
}

int main(int argc, char **argv)
{
	struct encoder_settings settings = {
		.host = "host",
		.source = "source",
		.sourcetype = "dnstap",
		.index = "dns",
		.syslog = { .facility = 16,
			.severity = 6,
			.hostname = "host",
			.app_name = "app",
			.procid = "1" },
	};
	struct encoder *encoder;
	uint8_t *out = malloc(EVENT_MAX);
	int status = 0;

	parse_options(argc, argv, &settings);
	if (out == NULL || encoder_new(&encoder, &settings) != 0)
		return 1;
	for (int i = optind; i < argc; i++)
		status |= decode_file(encoder, out, argv[i]);
	encoder_free(encoder);
	free(out);
	if (fflush(stdout) != 0)
		status = 1;
	return status;
}
