#include "control/descriptors.h"

#include <sys/resource.h>

#include "control/memory.h"

enum {
	/* standard streams, log, signals, bells, what libraries open */
	OF_THE_DAEMON = 32,
	OF_A_WORKER = 3,    /* two epoll sets and a bell */
	OF_THE_MONITOR = 5, /* two sockets, two epoll sets, a bell */
	OF_A_SENDER = 4,    /* a backend's socket, libcurl's own */
};

/* How many are needed besides those of the connections. */
static rlim_t count_others(const struct config *c)
{
	rlim_t n = OF_THE_DAEMON + c->intake.n_listeners;

	n += (rlim_t)c->intake.workers * OF_A_WORKER;
	for (size_t i = 0; i < c->n_outputs; i++)
		n += (rlim_t)output_senders(&c->outputs[i]) * OF_A_SENDER;
	if (c->monitor.listen.address.len != 0)
		n += OF_THE_MONITOR + c->monitor.max_connections;
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

void descriptors_fit(struct config *c)
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
