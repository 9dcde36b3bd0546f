#include "load/collect.h"

#include <errno.h>
#include <inttypes.h>
#include <signal.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/clock.h"
#include "load/collect_request.h"
#include "load/progress.h"

enum {
	READ_BUFFER = 512 * 1024, /* a connection's memory, half of it to read
				     into */
	CONNECTIONS_MAX = 60000,
};
#define PARKED_TICK_NS (2 * NS_PER_MS)

static void on_connection(void *arg, struct MHD_Connection *connection,
	void **state, enum MHD_ConnectionNotificationCode what)
{
	struct collector *c = arg;

	(void)connection;
	(void)state;
	if (what == MHD_CONNECTION_NOTIFY_STARTED)
		atomic_fetch_add(&c->connections, 1);
}

static void show(struct collector *c, struct progress *p, uint64_t mono_ns)
{
	uint64_t events = atomic_load(&c->events);
	char text[PROGRESS_MAX];

	if (!progress_is_due(p, mono_ns))
		return;
	snprintf(text, sizeof(text),
		"collected %" PRIu64 " events, %.0f/s, %" PRIu64
		" requests, %" PRIu64 " refused",
		events, progress_rate(p, events, mono_ns),
		atomic_load(&c->requests), atomic_load(&c->refused));
	progress_show(p, text);
}

/* Nobody tells us when somebody parks: look often where they may. */
static long tick_ns(struct collector *c)
{
	bool often = c->settings->delay_ns > 0 || c->settings->acks.on ||
		     collect_faults_any(&c->faults) ||
		     collect_faults_any(&c->ack_faults);

	return often ? PARKED_TICK_NS : PROGRESS_INTERVAL_NS / 5;
}

/* Until SIGINT or SIGTERM: shows the live line, wakes parked connections. */
static void serve(struct collector *c)
{
	struct timespec tick = { .tv_nsec = PARKED_TICK_NS };
	struct progress progress;
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, SIGINT);
	sigaddset(&set, SIGTERM);
	progress_init(
		&progress, c->settings->progress, clock_mono_ns(&clock_system));
	while (sigtimedwait(&set, NULL, &tick) < 0) {
		uint64_t mono_ns = clock_mono_ns(&clock_system);

		collect_unpark(c, mono_ns);
		acks_look(&c->acks, mono_ns);
		show(c, &progress, mono_ns);
		tick.tv_nsec = tick_ns(c);
	}
	progress_clear(&progress);
}

static struct MHD_Daemon *start(struct collector *c)
{
	unsigned flags =
		MHD_USE_EPOLL_INTERNAL_THREAD | MHD_ALLOW_SUSPEND_RESUME;
	/* a pool of one is no pool for the library */
	unsigned pool = c->settings->threads > 1 ? c->settings->threads : 0;

	return MHD_start_daemon(flags, 0, NULL, NULL, collect_on_request, c,
		MHD_OPTION_LISTEN_SOCKET, c->settings->listen_fd,
		MHD_OPTION_CONNECTION_MEMORY_LIMIT, (size_t)READ_BUFFER,
		MHD_OPTION_CONNECTION_LIMIT, (unsigned)CONNECTIONS_MAX,
		MHD_OPTION_THREAD_POOL_SIZE, pool, MHD_OPTION_NOTIFY_COMPLETED,
		collect_on_completed, NULL, MHD_OPTION_NOTIFY_CONNECTION,
		on_connection, c, MHD_OPTION_END);
}

int collect_run(
	struct collect_result *result, const struct collect_settings *settings)
{
	struct collector c = { .settings = settings };
	struct MHD_Daemon *daemon;
	int r = 0;

	TAILQ_INIT(&c.parked);
	pthread_mutex_init(&c.lock, NULL);
	if (settings->idempotent)
		r = keys_init(&c.keys);
	collect_faults_init(&c.faults, &settings->faults);
	collect_faults_init(&c.ack_faults, &settings->ack_faults);
	acks_init(&c.acks, &settings->acks, collect_on_in, &c);
	errno = 0;
	daemon = r == 0 ? start(&c) : NULL;
	if (r != 0) {
		close(settings->listen_fd); /* nobody else will */
	} else if (daemon == NULL) {
		r = errno != 0 ? -errno : -ENOMEM;
	} else {
		serve(&c);
		pthread_mutex_lock(&c.lock);
		c.stopping = true;
		pthread_mutex_unlock(&c.lock);
		collect_unpark(&c, UINT64_MAX);
		MHD_stop_daemon(daemon);
	}
	acks_deinit(&c.acks);
	collect_faults_deinit(&c.faults);
	keys_deinit(&c.keys);
	collect_faults_deinit(&c.ack_faults);
	pthread_mutex_destroy(&c.lock);
	*result = (struct collect_result){
		.events = atomic_load(&c.events),
		.requests = atomic_load(&c.requests),
		.bytes = atomic_load(&c.bytes),
		.bad = atomic_load(&c.bad),
		.connections = atomic_load(&c.connections),
		.acked = c.acks.told,
		.write_error = c.write_error,
	};
	return r;
}
