#include "intake/shake.h"

#include <sys/epoll.h>

#include "base/log.h"
#include "intake/turn.h"
#include "sync/rcu.h"

bool shake_is_due(const struct worker *w, const struct conn *c)
{
	return crew_settings(w->crew)
		->listeners[c->listener]
		.listen.address.tls;
}

int shake_begin(struct worker *w, struct conn *c)
{
	struct tls_credentials *credentials =
		tls_keyring_get(&w->crew->keyrings[c->listener]);
	struct tls *tls;
	int r = tls_new(&tls, credentials, c->fd);

	if (r != 0) {
		tls_credentials_put(credentials);
		return r;
	}
	c->state = CONN_SHAKING;
	rcu_publish(c->tls, tls);
	return 0;
}

static void fail(struct worker *w, struct conn *c, enum intake_stat reason,
	const char *why)
{
	char peer[CONN_PEER_TEXT_MAX];

	conn_peer_text(c, peer);
	log_warn_limited(INTAKE_TLS_FAILED,
		"connection closed: TLS handshake failed",
		"listener=%s peer=%s reason=\"%s\"",
		crew_listener_name(w->crew, c), peer, why);
	stat_inc(w->stats, reason);
	turn_close(w, c);
}

static enum intake_stat stat_of(int failure)
{
	switch (failure) {
	case TLS_E_NO_CERT:
		return INTAKE_TLS_FAILED_NO_CERTIFICATE;
	case TLS_E_UNTRUSTED:
		return INTAKE_TLS_FAILED_UNTRUSTED;
	case TLS_E_NAME:
		return INTAKE_TLS_FAILED_NAME;
	case TLS_E_ALERT:
		return INTAKE_TLS_FAILED_ALERT;
	case TLS_E_CLOSED:
		return INTAKE_TLS_FAILED_CLOSED;
	default:
		return INTAKE_TLS_FAILED_PROTOCOL;
	}
}

static void log_session(
	struct worker *w, const struct conn *c, const struct tls_about *about)
{
	char peer[CONN_PEER_TEXT_MAX];

	conn_peer_text(c, peer);
	log_info_limited(INTAKE_TLS_OPEN, "TLS session established",
		"listener=%s peer=%s version=%s cipher=%s resumed=%s "
		"subject=\"%s\"",
		crew_listener_name(w->crew, c), peer, about->version,
		about->cipher, about->resumed ? "yes" : "no", about->subject);
}

/* From now on its stream is waited for. */
static void finish(struct worker *w, struct conn *c)
{
	const struct tls_about *about = tls_about(c->tls);

	c->state = CONN_GREETING;
	stat_inc(w->stats, INTAKE_TLS_HANDSHAKES);
	if (about->resumed)
		stat_inc(w->stats, INTAKE_TLS_RESUMED);
	if (log_enabled(LOG_LEVEL_INFO))
		log_session(w, c, about);
	cds_list_del(&c->link);
	cds_list_add_tail(&c->link, worker_list(w, c));
}

bool shake_step(struct worker *w, struct conn *c)
{
	char why[TLS_TEXT_MAX];
	int r = tls_handshake(c->tls, crew_now_ns(w->crew));

	switch (r) {
	case 0:
		finish(w, c);
		return turn_watch(w, c, EPOLLIN);
	case TLS_E_READ:
		turn_watch(w, c, EPOLLIN);
		return false;
	case TLS_E_WRITE:
		turn_watch(w, c, EPOLLOUT);
		return false;
	default:
		tls_error_text(c->tls, why);
		fail(w, c, stat_of(r), why);
		return false;
	}
}

void shake_close_late(struct worker *w, struct conn *c)
{
	fail(w, c, INTAKE_TLS_FAILED_TIMEOUT,
		"not done within limits.tls_handshake_timeout");
}
