#include "control/monitoring.h"

#include <errno.h>
#include <stdlib.h>

#include "base/log.h"
#include "control/difference.h"

enum { ERROR_MAX = 512 };

static int look(struct monitoring *m, const struct outlets *o)
{
	struct output **outputs = calloc(o->n + 1, sizeof(struct output *));
	struct feed **awaited = calloc(o->n + 1, sizeof(struct feed *));
	struct output_settings *settings =
		calloc(o->n + 1, sizeof(struct output_settings));

	free(m->outputs);
	free(m->awaited);
	free(m->settings);
	m->outputs = outputs;
	m->awaited = awaited;
	m->settings = settings;
	m->view.outputs = outputs;
	m->view.awaited = awaited;
	m->view.output_settings = settings;
	m->view.feeds = o->feeds;
	m->view.settings = intake_settings_now(m->view.intake);
	m->view.n_outputs = 0;
	if (outputs == NULL || awaited == NULL || settings == NULL)
		return -ENOMEM;
	for (size_t i = 0; i < o->n; i++) {
		outputs[i] = o->of[i]->output;
		if (o->of[i]->before != NULL)
			awaited[i] = &o->of[i]->before->feed;
		settings[i] = o->of[i]->settings;
	}
	m->view.n_outputs = o->n;
	return 0;
}

static int open_as_said(
	struct monitoring *m, struct edition *e, char *error, size_t cap)
{
	const struct monitor_settings *s = &e->config.monitor;
	int r;

	if (s->listen.address.len == 0)
		return 0;
	r = monitor_new(&m->monitor, s, &m->view, error, cap);
	if (r == 0)
		m->edition = edition_get(e);
	return r;
}

int monitoring_open(struct monitoring *m, struct edition *e,
	const struct monitor_view *view, const struct outlets *o, char *error,
	size_t cap)
{
	int r;

	m->view = *view;
	m->wanted = edition_get(e);
	r = look(m, o);
	return r != 0 ? r : open_as_said(m, e, error, cap);
}

int monitoring_start(
	struct monitoring *m, const struct outlets *o, char *error, size_t cap)
{
	int r = look(m, o);

	if (r == 0 && m->monitor != NULL)
		r = monitor_start(m->monitor, error, cap);
	return r;
}

void monitoring_pause(struct monitoring *m)
{
	monitor_pause(m->monitor);
}

/* In the byte order of addresses; 0: a unix socket's. */
static in_port_t port(const struct address *a)
{
	return a->sa.sa_family == AF_INET    ? a->in.sin_port
	       : a->sa.sa_family == AF_INET6 ? a->in6.sin6_port
					     : 0;
}

int monitoring_prepare(
	struct monitoring *m, struct edition *e, char *error, size_t cap)
{
	const struct monitor_settings *s = &e->config.monitor;
	const struct address *next = &s->listen.address, *now;
	int r;

	if (next->len == 0)
		return 0;
	now = m->edition != NULL ? &m->edition->config.monitor.listen.address
				 : NULL;
	if (now != NULL && address_equal(next, now) && next->dual == now->dual)
		return 0;
	r = monitor_new(&m->next, s, &m->view, error, cap);
	return r == -EADDRINUSE && now != NULL && port(next) == port(now) ? 0
									  : r;
}

void monitoring_abandon(struct monitoring *m)
{
	m->next = monitor_stop(m->next);
}

/* Instead of the one there is: the one that is open, or a new one. */
static int exchange(
	struct monitoring *m, struct edition *e, char *error, size_t cap)
{
	int r = 0;

	m->monitor = monitor_stop(m->monitor);
	m->edition = edition_put(m->edition);
	if (m->next != NULL)
		m->edition = edition_get(e);
	else
		r = open_as_said(m, e, error, cap);
	if (m->next != NULL)
		m->monitor = m->next;
	m->next = NULL;
	if (r == 0 && m->monitor != NULL)
		r = monitor_start(m->monitor, error, cap);
	if (r != 0) {
		m->monitor = monitor_stop(m->monitor);
		m->edition = edition_put(m->edition);
	}
	return r;
}

void monitoring_resume(struct monitoring *m, struct edition *e,
	const struct outlets *o, struct buf *said)
{
	struct edition *former = m->edition;
	char error[ERROR_MAX], why[ERROR_MAX];
	bool back;

	look(m, o); /* without memory it shows no outputs */
	monitor_resume(m->monitor);
	if (m->wanted == e) /* what failed is not tried over and over */
		return;
	edition_put(m->wanted);
	m->wanted = edition_get(e);
	if (former != NULL &&
		!difference_of_monitors(&former->config, &e->config))
		return;
	if (former != NULL)
		edition_get(former);
	if (exchange(m, e, error, sizeof(error)) != 0) {
		back = former != NULL &&
		       exchange(m, former, why, sizeof(why)) == 0;
		log_error(MONITOR_FAILED,
			back ? "the monitoring endpoint stays where it was"
			     : "there is no monitoring endpoint now",
			"reason=\"%s\"", error);
		if (said != NULL)
			buf_printf(said, "monitor.address: %s: %s\n",
				back ? "stays what it was"
				     : "there is no endpoint now",
				error);
	}
	if (former != NULL)
		edition_put(former);
}

void monitoring_renew(struct monitoring *m)
{
	char why[ERROR_MAX];
	int r = monitor_renew(m->monitor, why, sizeof(why));

	if (r == MONITOR_E_RENEWED)
		log_info(TLS_RELOADED,
			"the monitoring endpoint takes the files' new contents",
			"listener=monitor");
	else if (r == MONITOR_E_LOST)
		log_error(MONITOR_FAILED,
			"there is no monitoring endpoint now: mend it and "
			"reload",
			"reason=\"%s\"", why);
	else if (r != 0)
		log_warn(TLS_RELOAD_FAILED,
			"TLS goes on with what was loaded before",
			"listener=monitor reason=\"%s\"", why);
	if (r != MONITOR_E_LOST)
		return;
	m->monitor = monitor_stop(m->monitor);
	m->edition = edition_put(m->edition);
}

void monitoring_stop(struct monitoring *m)
{
	monitoring_abandon(m);
	m->monitor = monitor_stop(m->monitor);
	m->edition = edition_put(m->edition);
	m->wanted = edition_put(m->wanted);
	free(m->outputs);
	free(m->awaited);
	free(m->settings);
	*m = MONITORING_NULL;
}
