#include <arpa/inet.h>
#include <stdio.h>

#include "load/ids.h"
#include "load/option.h"
#include "load/profile.h"
#include "load/send_options.h"

static int usage_error(const char *text)
{
	fprintf(stderr, "tapferry-load send: %s\n", text);
	return EXIT_USAGE;
}

/* What cannot be together.  Return: the sentence about it, or NULL. */
static const char *find_clash(const struct send_options *o)
{
	const struct fleet_settings *f = &o->send.fleet;
	bool stall = f->producer.stall != PRODUCER_NO_STALL;
	bool paced = o->rate > 0 || o->profile != NULL;
	bool counted = o->send.count != UINT64_MAX;

	if (o->to == NULL)
		return "--to ADDRESS is missing";
	if (o->generate && o->n_captures > 0)
		return "--generate and --capture: choose one";
	if (o->identity != NULL && o->n_captures > 0)
		return "--identity is of generated traffic; a capture has its "
		       "own";
	if (o->loop && o->n_captures == 0)
		return "--loop repeats captures; there is none";
	if (o->number && o->loop)
		return "--number gives each frame one number, --loop repeats "
		       "frames: choose one";
	if (o->number && o->n_captures == 0 && o->send.count > IDS_MAX)
		return "--number needs --count, up to 4000000 frames";
	if (o->ramp_ns > 0 && o->rate == 0)
		return "--ramp leads to a rate; give --rate too";
	if (o->profile != NULL && o->rate > 0)
		return "--profile tells the rate; leave out --rate and --ramp";
	if (o->send.idle && (stall || paced || counted))
		return "--idle sends nothing; leave out what is said of frames "
		       "(--rate, --profile, --count, --stall)";
	if (stall && (paced || counted || f->churn != UINT64_MAX))
		return "--stall sends no frame; leave out --rate, --profile, "
		       "--count and --churn";
	if (f->trickle_ns > 0 && !stall)
		return "--trickle goes on with what --stall began; give that "
		       "too";
	if (o->send.idle && f->churn != UINT64_MAX)
		return "--churn ends connections, --idle keeps them: choose "
		       "one";
	if (o->has_connects && f->churn == UINT64_MAX)
		return "--connects is of --churn; without, --connections is "
		       "the total";
	if (f->churn == 0 && counted)
		return "--churn 0 sends no frame; give --connects instead of "
		       "--count";
	return NULL;
}

static int check_sources(struct send_options *o)
{
	struct fleet_settings *f = &o->send.fleet;
	struct buf why = BUF_NULL;
	int r;

	if (o->sources == NULL)
		return 0;
	r = sources_parse(&f->sources, o->sources, &why);
	if (r != 0)
		fprintf(stderr, "tapferry-load: --sources: %s\n",
			buf_str(&why));
	buf_deinit(&why);
	if (r != 0)
		return EXIT_USAGE;
	if (!sources_suit(&f->sources, &f->producer.link.to))
		return usage_error(
			"--sources: from there to --to no connection "
			"leads: both must be IPv4, or both IPv6");
	return 0;
}

/* Whom a certificate must name when nobody said: the address. */
static void name_receiver(struct send_options *o)
{
	const struct address *to = &o->send.fleet.producer.link.to;

	if (to->sa.sa_family == AF_INET)
		inet_ntop(AF_INET, &to->in.sin_addr, o->name, sizeof(o->name));
	else
		inet_ntop(
			AF_INET6, &to->in6.sin6_addr, o->name, sizeof(o->name));
	o->dial.name = o->name;
}

static int check_tls(struct send_options *o)
{
	if (!o->send.fleet.producer.link.to.tls)
		return o->tls ? usage_error("--tls-... options are of --to "
					    "tls://HOST:PORT")
			      : 0;
	if ((o->dial.cert == NULL) != (o->dial.key == NULL))
		return usage_error("--tls-cert and --tls-key belong together; "
				   "give both");
	if (o->dial.name == NULL)
		name_receiver(o);
	return 0;
}

static int check_rates(struct send_options *o)
{
	int r;

	o->send.pacer.rate = o->rate;
	o->send.pacer.ramp_ns = o->ramp_ns;
	if (o->profile == NULL)
		return 0;
	r = profile_parse(&o->send.pacer, o->profile);
	if (r == 0)
		return 0;
	fprintf(stderr, "tapferry-load: --profile %s: %s\n", o->profile,
		profile_error_text(r));
	return EXIT_USAGE;
}

int send_options_check(struct send_options *o)
{
	const char *clash = find_clash(o);
	int r;

	if (clash != NULL)
		return usage_error(clash);
	r = address_parse(&o->send.fleet.producer.link.to, o->to);
	if (r != 0) {
		fprintf(stderr, "tapferry-load: --to %s: %s\n", o->to,
			address_error_text(r));
		return EXIT_USAGE;
	}
	r = check_sources(o);
	if (r == 0)
		r = check_tls(o);
	return r == 0 ? check_rates(o) : r;
}
