#include "load/send_options.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "load/generate.h"
#include "load/option.h"

static const char help[] =
	"usage: tapferry-load send --to ADDRESS [OPTION]...\n"
	"\n"
	"what\n"
	"  --capture FILE     play a Frame Streams file; may be given again\n"
	"  --generate         play generated traffic (default without "
	"--capture)\n"
	"  --seed N           of the generated traffic (default 1)\n"
	"  --identity NAME    of the DNS server in it "
	"(default " GENERATOR_IDENTITY ")\n"
	"  --stamp            frames carry the time at which they are sent\n"
	"  --number           and a number, for collect --ids\n"
	"  --loop             play the captures again and again\n"
	"  --idle             send nothing: open the connections and stay\n"
	"  --stall WHERE      stop in the middle of the handshake, or of a "
	"frame,\n"
	"                     and stay\n"
	"  --trickle DURATION go on all the same, an octet at a time\n"
	"where to and from\n"
	"  --to ADDRESS       unix:/path, tcp://host:port or tls://host:port\n"
	"  --sources NETWORK  come from its addresses in turn: 127.0.0.0/8\n"
	"  --tls-ca FILE      authorities to trust (default: the system's)\n"
	"  --tls-cert FILE    certificate to show\n"
	"  --tls-key FILE     its key\n"
	"  --tls-name NAME    whom the receiver's certificate must name "
	"(default:\n"
	"                     the address)\n"
	"  --tls-insecure     take any certificate\n"
	"  --unidirectional   START at once, without READY and FINISH\n"
	"connections\n"
	"  --connections N    open at a time (default 1)\n"
	"  --opening N        of which so many may be on their way to ACCEPT\n"
	"                     (default 256)\n"
	"  --connect-rate N   open so many a second (default: as many as go)\n"
	"  --churn K          each ends after K frames (0: once it is open), "
	"and\n"
	"                     another is opened\n"
	"  --connects N       connections to open in all, with --churn\n"
	"  --reconnect DURATION\n"
	"                     open one that failed again after this pause\n"
	"how much\n"
	"  --rate N           frames a second over all connections (default: "
	"as\n"
	"                     many as go)\n"
	"  --ramp DURATION    raise the rate from nothing during this time\n"
	"  --profile SPEC     ramp:FROM..TO/DURATION or\n"
	"                     spike:RATE..PEAK/LENGTH@EVERY instead of --rate\n"
	"  --count N          frames to send in all\n"
	"  --duration DURATION\n"
	"                     time to send for, once all connections are open\n"
	"  --progress         a live line even when stderr is no terminal\n"
	"  --quiet            no live line\n";

enum {
	CONNECTIONS_MAX = 1000 * 1000,
	OPENING = 256, /* less than a listener's backlog usually is */
};

static bool take_stall(struct send_options *o)
{
	if (strcmp(optarg, "handshake") == 0)
		o->send.fleet.producer.stall = PRODUCER_STALL_HANDSHAKE;
	else if (strcmp(optarg, "frame") == 0)
		o->send.fleet.producer.stall = PRODUCER_STALL_FRAME;
	else
		fprintf(stderr,
			"tapferry-load: --stall: \"%s\" is neither handshake "
			"nor frame\n",
			optarg);
	return o->send.fleet.producer.stall != PRODUCER_NO_STALL;
}

static bool take_identity(struct send_options *o)
{
	o->identity = optarg;
	if (strlen(optarg) <= GENERATOR_IDENTITY_MAX)
		return true;
	fprintf(stderr, "tapferry-load: --identity: more than %d octets\n",
		GENERATOR_IDENTITY_MAX);
	return false;
}

static bool take_count(unsigned *n, const char *name)
{
	uint64_t value;

	if (!option_number(&value, name, optarg, 1, CONNECTIONS_MAX))
		return false;
	*n = (unsigned)value;
	return true;
}

/* Of TLS.  Return: false for another one. */
static bool take_tls(struct send_options *o, int option)
{
	switch (option) {
	case 'A':
		o->dial.ca = optarg;
		break;
	case 'C':
		o->dial.cert = optarg;
		break;
	case 'K':
		o->dial.key = optarg;
		break;
	case 'N':
		o->dial.name = optarg;
		break;
	case 'I':
		o->dial.insecure = true;
		break;
	default:
		return false;
	}
	return o->tls = true;
}

/* Of connections.  Return: false when its value cannot be. */
static bool take_fleet(struct send_options *o, int option, const char *name)
{
	struct fleet_settings *f = &o->send.fleet;

	switch (option) {
	case 'u':
		return f->producer.unidirectional = true;
	case 'c':
		return take_count(&f->connections, name);
	case 'o':
		return take_count(&f->opening_max, name);
	case 'R':
		return option_rate(&f->connect_rate, name, optarg);
	case 'k':
		return option_number(
			&f->churn, name, optarg, 0, UINT64_MAX - 1);
	case 'x':
		o->has_connects = true;
		return option_number(
			&f->connects, name, optarg, 1, UINT64_MAX - 1);
	case 'e':
		return option_duration(&f->reconnect_ns, name, optarg);
	case 'y':
		return option_duration(&f->trickle_ns, name, optarg);
	case 'S':
		o->sources = optarg;
		return true;
	case 'z':
		return take_stall(o);
	default:
		return take_tls(o, option);
	}
}

/* One option.  Return: false when its value cannot be. */
static bool take(void *into, int option, const char *name)
{
	struct send_options *o = into;

	switch (option) {
	case 't':
		o->to = optarg;
		return true;
	case 'f':
		o->captures[o->n_captures++] = optarg;
		return true;
	case 'g':
		return o->generate = true;
	case 'l':
		return o->loop = true;
	case 'i':
		return o->send.idle = true;
	case '#':
		return o->number = true;
	case 'm':
		return o->send.stamp = true;
	case 'D':
		return take_identity(o);
	case 'p':
		return o->send.progress = true;
	case 'q':
		o->send.progress = false;
		return true;
	case 's':
		return option_number(&o->seed, name, optarg, 0, UINT64_MAX);
	case 'r':
		return option_rate(&o->rate, name, optarg);
	case 'a':
		return option_duration(&o->ramp_ns, name, optarg);
	case 'P':
		o->profile = optarg;
		return true;
	case 'n':
		return option_number(
			&o->send.count, name, optarg, 1, UINT64_MAX - 1);
	case 'd':
		return option_duration(&o->send.duration_ns, name, optarg);
	default:
		return take_fleet(o, option, name);
	}
}

int send_options_parse(
	struct send_options *o, int argc, char **argv, bool *helped)
{
	static const struct option known[] = {
		{ "to", required_argument, NULL, 't' },
		{ "capture", required_argument, NULL, 'f' },
		{ "generate", no_argument, NULL, 'g' },
		{ "loop", no_argument, NULL, 'l' },
		{ "seed", required_argument, NULL, 's' },
		{ "identity", required_argument, NULL, 'D' },
		{ "stamp", no_argument, NULL, 'm' },
		{ "number", no_argument, NULL, '#' },
		{ "idle", no_argument, NULL, 'i' },
		{ "stall", required_argument, NULL, 'z' },
		{ "trickle", required_argument, NULL, 'y' },
		{ "sources", required_argument, NULL, 'S' },
		{ "tls-ca", required_argument, NULL, 'A' },
		{ "tls-cert", required_argument, NULL, 'C' },
		{ "tls-key", required_argument, NULL, 'K' },
		{ "tls-name", required_argument, NULL, 'N' },
		{ "tls-insecure", no_argument, NULL, 'I' },
		{ "unidirectional", no_argument, NULL, 'u' },
		{ "connections", required_argument, NULL, 'c' },
		{ "opening", required_argument, NULL, 'o' },
		{ "connect-rate", required_argument, NULL, 'R' },
		{ "churn", required_argument, NULL, 'k' },
		{ "connects", required_argument, NULL, 'x' },
		{ "reconnect", required_argument, NULL, 'e' },
		{ "rate", required_argument, NULL, 'r' },
		{ "ramp", required_argument, NULL, 'a' },
		{ "profile", required_argument, NULL, 'P' },
		{ "count", required_argument, NULL, 'n' },
		{ "duration", required_argument, NULL, 'd' },
		{ "progress", no_argument, NULL, 'p' },
		{ "quiet", no_argument, NULL, 'q' },
		{ "help", no_argument, NULL, 'h' },
		{ 0 },
	};
	const struct option_table table = {
		.command = "send",
		.help = help,
		.known = known,
		.take = take,
	};
	int r;

	*o = (struct send_options){
		.seed = 1,
		.send = {
			.fleet = {
				.connections = 1,
				.opening_max = OPENING,
				.connects = UINT64_MAX,
				.churn = UINT64_MAX,
			},
			.count = UINT64_MAX,
			.duration_ns = UINT64_MAX,
			.progress = isatty(STDERR_FILENO) == 1,
		},
	};
	o->captures = calloc((size_t)argc, sizeof(*o->captures));
	if (o->captures == NULL)
		return -ENOMEM;
	r = option_parse(&table, argc, argv, o, NULL, helped);
	return r != 0 || *helped ? r : send_options_check(o);
}
