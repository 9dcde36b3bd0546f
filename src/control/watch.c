#include "control/watch.h"

#include "base/clock.h"
#include "base/log.h"
#include "control/notify.h"

enum {
	TLS_LOOK_S = 3, /* how often certificates are looked at */
	TEND_MS = 50,   /* how often outlets are, after a reload */
	/* how often the pulses are, for who asks, without a watchdog */
	LIFE_LOOK_S = 5,
	STATUS_S = 10, /* how often the service manager gets a status */
};

/*
 * The service manager ends us after a silence, so we are silent while a thread
 * is stuck.  Half of that time between two looks leaves one to spare.
 */
static void show_life(struct daemon *d)
{
	const char *stuck = intake_stuck(d->intake);

	atomic_store(&d->looked_ns, clock_mono_ns(&clock_system));
	if (stuck == NULL)
		notify("WATCHDOG=1");
	else if (atomic_load(&d->stuck) == NULL)
		log_error(WATCHDOG, "a thread does not get on", "thread=%s",
			stuck);
	atomic_store(&d->stuck, stuck);
}

static void show_stats(struct daemon *d, uint64_t now)
{
	unsigned connections = intake_connections(d->intake);
	struct frame_memory_use memory = intake_frame_memory(d->intake);

	report_stats(&d->report, &d->stats, d->outlets.feeds, d->outlets.n,
		connections, &memory, now);
}

void watch_show_status(struct daemon *d)
{
	struct buf line = BUF_NULL;
	struct snapshot s = SNAPSHOT_NULL;

	if (d->status_beat.interval_ns != 0 &&
		snapshot_take(&s, &d->monitoring.view,
			&d->controlling.room.history) == 0) {
		status_line_write(&d->status_line, &s, &line);
		notify("STATUS=%s", buf_str(&line));
	}
	snapshot_deinit(&s);
	buf_deinit(&line);
}

static bool has_tls(const struct config *c)
{
	for (size_t i = 0; i < c->intake.n_listeners; i++)
		if (c->intake.listeners[i].listen.address.tls)
			return true;
	return c->monitor.tls_key != NULL;
}

/* How often it is looked whether threads get on; 0: nobody wants to know. */
static uint64_t life_interval_ns(const struct config *c)
{
	uint64_t watchdog = notify_watchdog_ns();

	if (watchdog != 0)
		return watchdog / 2;
	return c->monitor.listen.address.len != 0 || c->control.path != NULL
		       ? LIFE_LOOK_S * NS_PER_S
		       : 0;
}

const char *watch_stuck_thread(void *arg)
{
	struct daemon *d = arg;
	uint64_t looked = atomic_load(&d->looked_ns);
	uint64_t now = clock_mono_ns(&clock_system);

	if (now > looked + 3 * atomic_load(&d->life_interval_ns))
		return "main";
	return atomic_load(&d->stuck);
}

void watch_look(struct daemon *d)
{
	atomic_store(&d->looked_ns, clock_mono_ns(&clock_system));
	atomic_store(
		&d->life_interval_ns, life_interval_ns(&d->edition->config));
}

void watch_start(struct daemon *d)
{
	const struct config *c = &d->edition->config;
	uint64_t now = clock_mono_ns(&clock_system);

	d->report.last_ns = now;
	d->status_beat =
		beat_from(notify_is_heard() ? STATUS_S * NS_PER_S : 0, now);
	d->stats_beat = beat_from(c->stats_interval_ns, now);
	watch_look(d);
	d->life_beat = beat_from(life_interval_ns(c), now);
	d->tls_beat = beat_from(has_tls(c) ? TLS_LOOK_S * NS_PER_S : 0, now);
}

static void tend(struct daemon *d, uint64_t now)
{
	/* what ends after this look is seen at the next one: nothing is freed
	 * but while the monitor is paused */
	if (outlets_have_news(&d->outlets, now)) {
		monitoring_pause(&d->monitoring);
		outlets_tend(&d->outlets, &d->stats, now);
		monitoring_resume(
			&d->monitoring, d->edition, &d->outlets, NULL);
		controlling_follow(&d->controlling, NULL);
	}
	d->tending = outlets_are_busy(&d->outlets);
}

void watch_keep(struct daemon *d)
{
	uint64_t now = clock_mono_ns(&clock_system);

	if (beat_is_due(&d->stats_beat, now))
		show_stats(d, now);
	if (beat_is_due(&d->status_beat, now))
		watch_show_status(d);
	if (beat_is_due(&d->life_beat, now))
		show_life(d);
	if (beat_is_due(&d->tls_beat, now)) {
		intake_refresh_tls(d->intake, false);
		monitoring_renew(&d->monitoring);
	}
	if (d->tending)
		tend(d, now);
}

int watch_next_ms(const struct daemon *d)
{
	uint64_t now = clock_mono_ns(&clock_system);
	int first = beat_wait_ms(&d->stats_beat, now);
	int life = beat_wait_ms(&d->life_beat, now);
	int tls = beat_wait_ms(&d->tls_beat, now);
	int status = beat_wait_ms(&d->status_beat, now);
	int control = controlling_wait_ms(&d->controlling, now);

	if (life < first)
		first = life;
	if (control < first)
		first = control;
	if (status < first)
		first = status;
	if ((d->tending || d->reload_due) && (first < 0 || first > TEND_MS))
		first = TEND_MS;
	return tls < first ? tls : first;
}
