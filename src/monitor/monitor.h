/*
 * Monitor: the HTTP endpoint that shows what the daemon does.
 *
 *	/             the status page
 *	/metrics      Prometheus text
 *	/status       everything, as JSON
 *	/backends     the backends of all outputs
 *	/connections  single connections: ?sort=KEY&limit=N
 *	/history      the last five minutes, a value a second
 *	/healthz      200 while every thread gets on, else 503
 *	/readyz       200 while events have somewhere to go, else 503
 *
 * One thread serves them all, with libmicrohttpd in its external mode: no
 * thread is the library's, and a client that is slow holds neither the daemon
 * nor its end.
 */
#ifndef TAPFERRY_MONITOR_MONITOR_H
#define TAPFERRY_MONITOR_MONITOR_H

#include "monitor/guard.h"
#include "monitor/view.h"
#include "net/listen.h"

struct monitor_settings {
	struct listen_settings listen; /* address.len 0: no endpoint */
	struct guard guard;
	const char *tls_cert, *tls_key; /* PEM files; NULL: plain HTTP */
	unsigned max_connections;       /* 1 or more */
	uint64_t timeout_ns; /* to send a whole request; to take any of the
				answer */
};

struct monitor;

enum {
	MONITOR_E_RENEWED = 1, /* another certificate is in force */
	MONITOR_E_LOST,        /* it does not answer any more */
};

/*
 * monitor_new() - load the certificate and listen; nobody is answered yet
 * @settings, view:  lent until monitor_stop(); what the view shows may change
 *                   until monitor_start()
 * @error:           on failure: one sentence with the cure
 *
 * Return: 0 or -errno.
 */
int monitor_new(struct monitor **mp, const struct monitor_settings *settings,
	const struct monitor_view *view, char *error, size_t cap);

/*
 * monitor_start() - start the thread
 * Return: 0 or -errno; monitor_stop() is due in both cases.
 */
int monitor_start(struct monitor *m, char *error, size_t cap);

/*
 * monitor_pause() - look at nothing until monitor_resume()
 * What the view shows may be changed meanwhile, and the view itself.
 *
 * Thread: main; waits until the answer that is being made is made.  NULL: does
 * nothing.
 */
void monitor_pause(struct monitor *m);
void monitor_resume(struct monitor *m);

/*
 * monitor_renew() - look whether certificate or key changed in their files
 * @error:  unless 0 or MONITOR_E_RENEWED: one sentence
 *
 * Then all clients there are lose their connections; the socket stays.  Files
 * that cannot be used change nothing, and are tried again when they change.
 *
 * Thread: main; not while it is paused.  NULL: does nothing.
 * Return: 0: nothing is new; MONITOR_E_*; or -errno: it goes on as before.
 */
int monitor_renew(struct monitor *m, char *error, size_t cap);

/* Closes all connections as they are, joins the thread, frees. */
struct monitor *monitor_stop(struct monitor *m); /* NULL */

#endif
