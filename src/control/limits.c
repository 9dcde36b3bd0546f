#include "control/limits.h"

#include <limits.h>
#include <stdio.h>
#include <sys/resource.h>

#include "control/memory.h"

enum {
	/* standard streams, log, signals, bells, what libraries open */
	OF_THE_DAEMON = 32,
	OF_A_WORKER = 3,    /* two epoll sets and a bell */
	OF_THE_MONITOR = 5, /* two sockets, two epoll sets, a bell */
	/* spool's folder, lock and file, dead letters, or a local output's pipe
	 * and bell */
	OF_AN_OUTPUT = 6,
	OF_A_REQUEST = 3, /* a backend's socket, libcurl's own pair */
};

/* An output's: each backend may have a connection for every sender. */
static rlim_t count_output(const struct output_settings *o)
{
	const struct remote_settings *r = &o->remote;
	rlim_t at_once = output_senders(o);

	if (at_once < r->pool.min_idle)
		at_once = r->pool.min_idle;
	/* and one to see whether it is well, one of who keeps them warm */
	at_once += r->pool.min_idle > 0 ? 2 : 1;
	return OF_AN_OUTPUT + r->n_backends * at_once * OF_A_REQUEST;
}

/* How many are needed besides those of the connections. */
static rlim_t count_others(const struct config *c)
{
	rlim_t n = OF_THE_DAEMON + c->intake.n_listeners;

	n += (rlim_t)c->intake.workers * OF_A_WORKER;
	for (size_t i = 0; i < c->n_outputs; i++)
		n += count_output(&c->outputs[i]);
	if (c->monitor.listen.address.len != 0)
		n += OF_THE_MONITOR + c->monitor.max_connections;
	if (c->control.path != NULL)
		n += 2 + CONTROL_CLIENTS_MAX;
	return n;
}

/* Return: what the process may have now. */
static rlim_t raise_limit(rlim_t wanted)
{
	struct rlimit l;

	if (getrlimit(RLIMIT_NOFILE, &l) != 0)
		return wanted; /* accept(2) will tell */
	if (l.rlim_cur >= wanted)
		return l.rlim_cur;
	if (l.rlim_max < wanted) { /* with CAP_SYS_RESOURCE */
		struct rlimit both = { .rlim_cur = wanted, .rlim_max = wanted };

		if (setrlimit(RLIMIT_NOFILE, &both) == 0)
			return wanted;
		wanted = l.rlim_max;
	}
	l.rlim_cur = wanted;
	setrlimit(RLIMIT_NOFILE, &l);
	getrlimit(RLIMIT_NOFILE, &l);
	return l.rlim_cur;
}

/* What listen(2) cuts a backlog to without a word. */
static unsigned backlog_max(void)
{
	FILE *f = fopen("/proc/sys/net/core/somaxconn", "re");
	unsigned max = 0;

	if (f == NULL)
		return UINT_MAX;
	if (fscanf(f, "%u", &max) != 1 || max == 0)
		max = UINT_MAX;
	fclose(f);
	return max;
}

static void fit_backlogs(struct config *c)
{
	unsigned max = backlog_max();

	for (size_t i = 0; i < c->intake.n_listeners; i++) {
		struct listen_settings *l = &c->memory->listeners[i].listen;

		if ((unsigned)l->backlog <= max)
			continue;
		buf_printf(&c->memory->notes,
			"listeners.%s.backlog: %u instead of %d, because the "
			"system allows no more: raise net.core.somaxconn\n",
			c->intake.listeners[i].name, max, l->backlog);
		l->backlog = (int)max;
		c->memory->values.listeners[i].listen.backlog = (int)max;
	}
}

static void fit_descriptors(struct config *c)
{
	unsigned max = c->intake.max_connections;
	rlim_t others = count_others(c);
	rlim_t allowed = raise_limit(others + max);
	unsigned places = 1;

	if (allowed >= others + max)
		return;
	if (allowed > others + 1)
		places = (unsigned)(allowed - others);
	c->intake.max_connections = places;
	c->memory->values.main.max_connections = places;
	buf_printf(&c->memory->notes,
		"limits.max_connections: %u instead of %u, because the system "
		"allows %llu open files: raise LimitNOFILE= or ulimit -Hn to "
		"%llu\n",
		places, max, (unsigned long long)allowed,
		(unsigned long long)(others + max));
}

void limits_fit(struct config *c)
{
	fit_descriptors(c);
	fit_backlogs(c);
}
