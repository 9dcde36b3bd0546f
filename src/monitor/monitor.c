#include "monitor/monitor.h"

#include <errno.h>
#include <fcntl.h>
#include <gnutls/gnutls.h>
#include <semaphore.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/log.h"
#include "monitor/endpoint.h"
#include "monitor/visitors.h"
#include "net/bell.h"
#include "net/tls_keyring.h"
#include "sync/thread.h"

enum { TICK_MS = 1000, ERROR_MAX = 512 };

/* PEM; data NULL: none */
struct pair {
	gnutls_datum_t cert, key;
};

struct monitor {
	const struct monitor_settings *settings; /* const */
	struct listen_socket listening;          /* owner: main */
	struct thread thread;                    /* owner: main */
	struct tls_settings tls;                 /* const; key NULL: none */
	struct tls_keyring keyring; /* owner: main; what is valid */
	struct bell bell;           /* rung by main, to end */
	_Atomic bool stops;         /* atomic */
	_Atomic bool pauses;        /* atomic */
	sem_t paused, resumed;
	struct pair pair; /* const while the thread runs */
	/* the rest: owner: the thread, once it runs */
	struct MHD_Daemon *http;
	int set; /* epoll: the bell and the library's own set */
	struct endpoint endpoint;
	struct visitors visitors;
	uint64_t next_tick_ns;
};

/* Seconds, minutes and more: in whole ones, as the library counts. */
static unsigned timeout_s(const struct monitor_settings *s)
{
	uint64_t seconds = (s->timeout_ns + NS_PER_S - 1) / NS_PER_S;

	return seconds < 1 ? 1 : (unsigned)seconds;
}

__attribute__((format(printf, 2, 0))) static void log_library(
	void *cls, const char *format, va_list ap)
{
	char text[256];

	(void)cls;
	if (!log_enabled(LOG_LEVEL_DEBUG))
		return;
	vsnprintf(text, sizeof(text), format, ap);
	text[strcspn(text, "\n")] = '\0';
	log_debug(MONITOR_HTTP, "libmicrohttpd", "text=\"%s\"", text);
}

/* The library's own word on how long it may sleep, and the tick's. */
static int monitor_sleep_ms(struct monitor *m, uint64_t now_ns)
{
	MHD_UNSIGNED_LONG_LONG library;
	uint64_t left = m->next_tick_ns > now_ns
				? (m->next_tick_ns - now_ns) / NS_PER_MS + 1
				: 0;

	if (MHD_get_timeout(m->http, &library) == MHD_YES && library < left)
		left = library;
	return (int)left;
}

static void tick(struct monitor *m, uint64_t now_ns)
{
	if (now_ns < m->next_tick_ns)
		return;
	history_tick(
		&m->endpoint.history, now_ns, clock_real_ns(&clock_system));
	census_tick(&m->endpoint.census, now_ns);
	visitors_cut_late(&m->visitors);
	m->next_tick_ns += TICK_MS * NS_PER_MS;
	if (m->next_tick_ns <= now_ns)
		m->next_tick_ns = now_ns + TICK_MS * NS_PER_MS;
}

/* Main has the view for itself.  It may have other outputs afterwards. */
static void rest(struct monitor *m)
{
	bell_silence(&m->bell);
	sem_post(&m->paused);
	while (sem_wait(&m->resumed) != 0)
		; /* interrupted */
	history_follow(&m->endpoint.history);
}

void monitor_pause(struct monitor *m)
{
	if (m == NULL)
		return;
	atomic_store(&m->pauses, true);
	bell_ring(&m->bell);
	while (sem_wait(&m->paused) != 0)
		; /* interrupted */
}

void monitor_resume(struct monitor *m)
{
	if (m == NULL)
		return;
	atomic_store(&m->pauses, false);
	sem_post(&m->resumed);
}

static void monitor_run(void *arg)
{
	struct monitor *m = arg;

	while (!atomic_load(&m->stops)) {
		uint64_t now = clock_mono_ns(&clock_system);
		struct epoll_event events[2];

		tick(m, now);
		epoll_wait(m->set, events, 2, monitor_sleep_ms(m, now));
		MHD_run(m->http);
		if (atomic_load(&m->pauses))
			rest(m);
	}
	/* whoever still reads is cut off */
	MHD_stop_daemon(m->http);
	m->http = NULL;
}

static int start_http(struct monitor *m)
{
	const struct monitor_settings *s = m->settings;
	unsigned flags = MHD_USE_EPOLL | MHD_USE_ERROR_LOG;
	struct MHD_OptionItem options[] = {
		{ MHD_OPTION_CONNECTION_LIMIT, (intptr_t)s->max_connections,
			NULL },
		{ MHD_OPTION_CONNECTION_TIMEOUT, (intptr_t)timeout_s(s), NULL },
		{ MHD_OPTION_LISTEN_SOCKET, -1, NULL },
		{ MHD_OPTION_END, 0, NULL },
		{ MHD_OPTION_END, 0, NULL },
		{ MHD_OPTION_END, 0, NULL },
		{ MHD_OPTION_END, 0, NULL },
	};
	const union MHD_DaemonInfo *info;
	struct epoll_event e = { .events = EPOLLIN };

	/* the library closes what it is given */
	options[2].value = fcntl(m->listening.fd, F_DUPFD_CLOEXEC, 0);
	if (options[2].value < 0)
		return -errno;
	if (m->pair.cert.data != NULL) {
		flags |= MHD_USE_TLS;
		options[3] = (struct MHD_OptionItem){ MHD_OPTION_HTTPS_MEM_CERT,
			0, m->pair.cert.data };
		options[4] = (struct MHD_OptionItem){ MHD_OPTION_HTTPS_MEM_KEY,
			0, m->pair.key.data };
		options[5] =
			(struct MHD_OptionItem){ MHD_OPTION_HTTPS_PRIORITIES, 0,
				(void *)"NORMAL:-VERS-TLS1.0:-VERS-TLS1.1" };
	}
	m->http = MHD_start_daemon(flags, 0, NULL, NULL, endpoint_serve,
		&m->endpoint, MHD_OPTION_EXTERNAL_LOGGER, log_library, NULL,
		MHD_OPTION_NOTIFY_CONNECTION, visitors_notify, &m->visitors,
		MHD_OPTION_NOTIFY_COMPLETED, visitors_answered, &m->visitors,
		MHD_OPTION_ARRAY, options, MHD_OPTION_END);
	if (m->http == NULL)
		return -EINVAL;
	info = MHD_get_daemon_info(m->http, MHD_DAEMON_INFO_EPOLL_FD);
	m->set = epoll_create1(EPOLL_CLOEXEC);
	if (info == NULL || m->set < 0 ||
		epoll_ctl(m->set, EPOLL_CTL_ADD, info->epoll_fd, &e) != 0 ||
		epoll_ctl(m->set, EPOLL_CTL_ADD, m->bell.fd, &e) != 0)
		return errno != 0 ? -errno : -EINVAL;
	return 0;
}

static void say_where(const struct monitor *m)
{
	struct address a = m->settings->listen.address;
	socklen_t len = sizeof(a.storage);
	char text[ADDRESS_TEXT_MAX];

	/* with the port that the kernel chose, if it was left the choice */
	if (getsockname(m->listening.fd, &a.sa, &len) == 0)
		a.len = len;
	address_format(&a.sa, a.len, text, sizeof(text));
	log_info(MONITOR_LISTENING, "monitoring endpoint", "url=%s://%s/",
		m->pair.cert.data != NULL ? "https" : "http", text);
}

static int load_pem(
	gnutls_datum_t *pem, const char *path, char *error, size_t cap)
{
	int r = path == NULL ? 0 : gnutls_load_file(path, pem);

	if (r == 0)
		return 0;
	snprintf(error, cap, "monitor: %s cannot be read: %s", path,
		gnutls_strerror(r));
	return -EINVAL;
}

static void wipe_pem(gnutls_datum_t *pem)
{
	if (pem->data != NULL)
		gnutls_memset(pem->data, 0, pem->size);
	gnutls_free(pem->data);
	*pem = (gnutls_datum_t){ 0 };
}

static void wipe_pair(struct pair *p)
{
	wipe_pem(&p->cert);
	wipe_pem(&p->key);
}

/*
 * Certificate and key, which the keyring has found to be valid; they may have
 * been replaced since.
 */
static int load_pair(
	const struct tls_settings *tls, struct pair *p, char *error, size_t cap)
{
	int r = load_pem(&p->cert, tls->cert, error, cap);

	if (r == 0)
		r = load_pem(&p->key, tls->key, error, cap);
	if (r != 0)
		wipe_pair(p);
	return r;
}

static int open_keyring(struct monitor *m, char *error, size_t cap)
{
	m->tls = (struct tls_settings){
		.cert = m->settings->tls_cert,
		.key = m->settings->tls_key,
		.priority = "NORMAL",
	};
	if (m->tls.key == NULL)
		return 0;
	return tls_keyring_init(&m->keyring, &m->tls, error, cap);
}

int monitor_new(struct monitor **mp, const struct monitor_settings *settings,
	const struct monitor_view *view, char *error, size_t cap)
{
	struct monitor *m = calloc(1, sizeof(*m));
	int r;

	if (m == NULL)
		return -ENOMEM;
	snprintf(error, cap, "the monitoring endpoint cannot be started");
	m->settings = settings;
	m->listening = LISTEN_SOCKET_NULL;
	m->bell = BELL_NULL;
	m->set = -1;
	sem_init(&m->paused, 0, 0);
	sem_init(&m->resumed, 0, 0);
	visitors_init(&m->visitors, &clock_system, settings->timeout_ns);
	r = endpoint_init(&m->endpoint, settings, view);
	if (r == 0)
		r = bell_init(&m->bell);
	if (r == 0)
		r = open_keyring(m, error, cap);
	if (r == 0)
		r = load_pair(&m->tls, &m->pair, error, cap);
	if (r == 0)
		r = listen_open(&m->listening, &settings->listen, error, cap);
	if (r == 0)
		r = start_http(m);
	if (r != 0) {
		monitor_stop(m);
		return r;
	}
	error[0] = '\0';
	*mp = m;
	return 0;
}

static int start_thread(struct monitor *m, char *error, size_t cap)
{
	int r;

	m->next_tick_ns = clock_mono_ns(&clock_system);
	r = thread_start(&m->thread, "monitor", monitor_run, m);
	if (r != 0)
		snprintf(error, cap,
			"the monitoring endpoint's thread cannot be started: "
			"raise TasksMax= or ulimit -u");
	return r;
}

int monitor_start(struct monitor *m, char *error, size_t cap)
{
	int r;

	history_follow(&m->endpoint.history); /* the view may be another */
	r = start_thread(m, error, cap);
	if (r == 0)
		say_where(m);
	return r;
}

/* All clients are gone then; the socket still listens. */
static void stop_http(struct monitor *m)
{
	atomic_store(&m->stops, true);
	if (m->bell.fd >= 0)
		bell_ring(&m->bell);
	thread_join(&m->thread);
	if (m->http != NULL)
		MHD_stop_daemon(m->http);
	m->http = NULL;
	if (m->set >= 0)
		close(m->set);
	m->set = -1;
}

/* The library takes a certificate when it starts. */
static int start_again(struct monitor *m, char *error, size_t cap)
{
	int r;

	stop_http(m);
	bell_silence(&m->bell);
	atomic_store(&m->stops, false);
	r = start_http(m);
	if (r == 0)
		return start_thread(m, error, cap);
	snprintf(error, cap,
		"the monitoring endpoint cannot be started with %s and %s: "
		"check that they belong together",
		m->tls.cert, m->tls.key);
	return r;
}

/* Return: as monitor_renew(). */
static int take_files(struct monitor *m, char *error, size_t cap)
{
	struct pair former = m->pair, next = { { 0 }, { 0 } };
	char why[ERROR_MAX];
	int r = load_pair(&m->tls, &next, error, cap);

	if (r != 0)
		return r;
	m->pair = next;
	r = start_again(m, error, cap);
	if (r == 0) {
		wipe_pair(&former);
		return MONITOR_E_RENEWED;
	}
	m->pair = former;
	if (start_again(m, why, sizeof(why)) != 0)
		r = MONITOR_E_LOST;
	wipe_pair(&next); /* what might have used it has been stopped */
	return r;
}

int monitor_renew(struct monitor *m, char *error, size_t cap)
{
	int r;

	if (m == NULL || m->tls.key == NULL)
		return 0;
	r = tls_keyring_refresh(&m->keyring, false, error, cap);
	return r == KEYRING_E_CHANGED ? take_files(m, error, cap) : r;
}

struct monitor *monitor_stop(struct monitor *m)
{
	if (m == NULL)
		return NULL;
	stop_http(m);
	listen_close(&m->listening, &m->settings->listen);
	tls_keyring_deinit(&m->keyring);
	bell_deinit(&m->bell);
	sem_destroy(&m->paused);
	sem_destroy(&m->resumed);
	endpoint_deinit(&m->endpoint);
	wipe_pair(&m->pair);
	free(m);
	return NULL;
}
