#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "load/collect.h"
#include "load/command.h"
#include "load/option.h"
#include "net/listen.h"

static const char help[] =
	"usage: tapferry-load collect --listen ADDRESS:PORT [OPTION]...\n"
	"\n"
	"  --listen ADDRESS:PORT  port 0: choose a free one; the first line "
	"of\n"
	"                         output names it\n"
	"  --token TOKEN          the only token that is taken (default: any)\n"
	"  --check                validate every event strictly\n"
	"  --any-path             take JSON on any path too, by POST and PUT\n"
	"  --idempotent           take requests with the same Idempotency-Key\n"
	"                         once\n"
	"  --write FILE           keep the events, one a line\n"
	"  --ids FILE             count events of send --number in it\n"
	"  --delays-of TEXT       measure how long events with TEXT in them\n"
	"                         were under way, by the time in them\n"
	"  --delay DURATION       wait before every answer\n"
	"  --faults SPEC          WHAT[+HOW][@WHEN][,...] with\n"
	"                         WHAT: STATUS[/CODE[/NUMBER]], ok, html, "
	"json,\n"
	"                         close, reset[:before|:body], half, hang,\n"
	"                         read:DURATION, slow:DURATION\n"
	"                         HOW: taken, slow:DURATION, chunked, last,\n"
	"                         big:SIZE, retry:SECONDS, date:SECONDS\n"
	"                         WHEN: a probability, every:N, first:N, "
	"from:N,\n"
	"                         at:N, above:SIZE, gzip, zstd\n"
	"                         While it runs: PUT /faults with another "
	"SPEC\n"
	"  --ack SPEC             acknowledge (and demand channels): "
	"RULE[,...] with\n"
	"                         RULE: on, after:DURATION, late:P:DURATION,\n"
	"                         lose:P, never, full:N\n"
	"  --ack-faults SPEC      as --faults, of the ack endpoint\n"
	"  --seed N               of the probabilities (default 1)\n"
	"  --threads N            that serve connections (default 1)\n"
	"  --progress             a live line even when stderr is no terminal\n"
	"  --quiet                no live line\n";

enum { THREADS_MAX = 64, BACKLOG = 1024 };

struct options {
	const char *listen;
	const char *write;
	const char *ids;
	const char *faults;
	const char *ack;
	const char *ack_faults;
	uint64_t seed;
	struct delays delays;
	struct listen_settings socket;
	struct collect_settings collect;
};

static bool take(void *into, int option, const char *name)
{
	struct options *o = into;
	uint64_t n;

	switch (option) {
	case 'l':
		o->listen = optarg;
		return true;
	case 't':
		o->collect.token = optarg;
		return true;
	case 'c':
		return o->collect.check = true;
	case 'I':
		return o->collect.idempotent = true;
	case 'y':
		return o->collect.any_path = true;
	case 'i':
		o->ids = optarg;
		return true;
	case 'w':
		o->write = optarg;
		return true;
	case 'D':
		o->delays.text = optarg;
		o->collect.delays = &o->delays;
		return true;
	case 'd':
		return option_duration(&o->collect.delay_ns, name, optarg);
	case 'f':
		o->faults = optarg;
		return true;
	case 'a':
		o->ack = optarg;
		return true;
	case 'A':
		o->ack_faults = optarg;
		return true;
	case 's':
		return option_number(&o->seed, name, optarg, 0, UINT64_MAX);
	case 'n':
		if (!option_number(&n, name, optarg, 1, THREADS_MAX))
			return false;
		o->collect.threads = (unsigned)n;
		return true;
	case 'p':
		return o->collect.progress = true;
	case 'q':
		o->collect.progress = false;
		return true;
	default:
		return false;
	}
}

static int parse_listen(struct options *o)
{
	char text[ADDRESS_TEXT_MAX];
	int r;

	/* "127.0.0.1:8088": what listens is always TCP */
	snprintf(text, sizeof(text), "%s%s",
		strncmp(o->listen, "tcp://", 6) == 0 ? "" : "tcp://",
		o->listen);
	r = address_parse(&o->socket.address, text);
	if (r == 0)
		return 0;
	fprintf(stderr, "tapferry-load: --listen %s: %s\n", o->listen,
		address_error_text(r));
	return EXIT_USAGE;
}

static bool parse_faults(
	struct faults *f, const char *name, const char *spec, uint64_t seed)
{
	int r = spec == NULL ? 0 : faults_parse(f, spec, seed);

	if (r != 0)
		fprintf(stderr, "tapferry-load: --%s %s: %s\n", name, spec,
			faults_error_text(r));
	return r == 0;
}

static bool parse_ack(struct options *o)
{
	int r;

	if (o->ack == NULL)
		return true;
	r = ack_rules_parse(&o->collect.acks, o->ack, o->seed);
	if (r != 0)
		fprintf(stderr, "tapferry-load: --ack %s: %s\n", o->ack,
			ack_rules_error_text(r));
	return r == 0;
}

static int check(struct options *o)
{
	if (o->listen == NULL) {
		fputs("tapferry-load collect: --listen ADDRESS:PORT is "
		      "missing\n",
			stderr);
		return EXIT_USAGE;
	}
	if (!parse_faults(&o->collect.faults, "faults", o->faults, o->seed) ||
		!parse_faults(&o->collect.ack_faults, "ack-faults",
			o->ack_faults, o->seed) ||
		!parse_ack(o))
		return EXIT_USAGE;
	return parse_listen(o);
}

/* Return: 0 or EXIT_USAGE after a message. */
static int parse(struct options *o, int argc, char **argv, bool *helped)
{
	static const struct option known[] = {
		{ "listen", required_argument, NULL, 'l' },
		{ "token", required_argument, NULL, 't' },
		{ "check", no_argument, NULL, 'c' },
		{ "any-path", no_argument, NULL, 'y' },
		{ "idempotent", no_argument, NULL, 'I' },
		{ "write", required_argument, NULL, 'w' },
		{ "ids", required_argument, NULL, 'i' },
		{ "delays-of", required_argument, NULL, 'D' },
		{ "delay", required_argument, NULL, 'd' },
		{ "faults", required_argument, NULL, 'f' },
		{ "ack", required_argument, NULL, 'a' },
		{ "ack-faults", required_argument, NULL, 'A' },
		{ "seed", required_argument, NULL, 's' },
		{ "threads", required_argument, NULL, 'n' },
		{ "progress", no_argument, NULL, 'p' },
		{ "quiet", no_argument, NULL, 'q' },
		{ "help", no_argument, NULL, 'h' },
		{ 0 },
	};
	const struct option_table table = {
		.command = "collect",
		.help = help,
		.known = known,
		.take = take,
	};
	int r = option_parse(&table, argc, argv, o, NULL, helped);

	return r != 0 || *helped ? r : check(o);
}

/* The first line of output, so that a script can wait for it. */
static void tell_address(int fd)
{
	struct sockaddr_storage bound;
	socklen_t len = sizeof(bound);
	char text[ADDRESS_TEXT_MAX];

	getsockname(fd, (struct sockaddr *)&bound, &len);
	address_format((struct sockaddr *)&bound, len, text, sizeof(text));
	printf("listening on %s\n", text);
	fflush(stdout);
}

static void print_delays(const struct delays *d)
{
	const struct spread *s = &d->ns;

	printf("delays events=%" PRIu64 " p50_us=%" PRIu64 " p99_us=%" PRIu64
	       " max_us=%" PRIu64 "\n",
		s->count, spread_quantile(s, 0.5) / NS_PER_US,
		spread_quantile(s, 0.99) / NS_PER_US, s->max / NS_PER_US);
}

/* Return: the exit status. */
static int serve(const struct options *o)
{
	struct collect_result result;
	int r;

	command_block_signals();
	tell_address(o->collect.listen_fd);
	r = collect_run(&result, &o->collect);
	if (r != 0) {
		fprintf(stderr, "tapferry-load: %s\n", strerror(-r));
		return 1;
	}
	if (o->collect.file != NULL && result.write_error == 0 &&
		fflush(o->collect.file) != 0)
		result.write_error = -errno;
	if (result.write_error != 0)
		fprintf(stderr, "tapferry-load: %s: %s\n", o->write,
			strerror(-result.write_error));
	printf("served connections=%" PRIu64 "\n", result.connections);
	if (o->collect.delays != NULL)
		print_delays(&o->delays);
	printf("collected events=%" PRIu64 " requests=%" PRIu64
	       " bytes=%" PRIu64 " bad=%" PRIu64,
		result.events, result.requests, result.bytes, result.bad);
	if (o->collect.acks.on)
		printf(" acked=%" PRIu64, result.acked);
	putchar('\n');
	return result.write_error == 0 ? 0 : 1;
}

int command_collect(int argc, char **argv)
{
	struct options o = {
		.seed = 1,
		.socket = { .backlog = BACKLOG },
		.collect = {
			.threads = 1,
			.progress = isatty(STDERR_FILENO) == 1,
		},
	};
	struct listen_socket socket = LISTEN_SOCKET_NULL;
	struct ids ids = IDS_NULL;
	bool helped = false;
	char error[256];
	int r = parse(&o, argc, argv, &helped);

	if (r != 0 || helped)
		return r;
	if (o.write != NULL) {
		o.collect.file = fopen(o.write, "we");
		if (o.collect.file == NULL) {
			fprintf(stderr, "tapferry-load: %s: %s\n", o.write,
				strerror(errno));
			return 1;
		}
	}
	if (o.ids != NULL) {
		r = ids_open(&ids, o.ids);
		o.collect.ids = &ids;
	}
	if (r != 0) {
		fprintf(stderr, "tapferry-load: %s: %s\n", o.ids,
			r == -EINVAL ? "not a file of --ids" : strerror(-r));
		r = 1;
	} else if (listen_open(&socket, &o.socket, error, sizeof(error)) != 0) {
		fprintf(stderr, "tapferry-load: %s\n", error);
		r = 1;
	} else {
		o.collect.listen_fd = socket.fd;
		r = serve(&o);
	}
	ids_close(&ids);
	if (o.collect.file != NULL)
		fclose(o.collect.file);
	return r;
}
