#include "intake/shake.h"

#include <sys/epoll.h>

#include "base/log.h"
#include "intake/turn.h"

bool shake_is_due(const struct worker *w, const struct conn *c)
{
	return w->crew->settings->listeners[c->listener].listen.address.tls;
}

int shake_begin(struct worker *w, struct conn *c)
{
	struct tls_credentials *credentials =
		tls_keyring_get(&w->crew->keyrings[c->listener]);
	int r = tls_new(&c->tls, credentials, c->fd);

	if (r != 0)
		tls_credentials_put(credentials);
	return r;
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

/* From now on its stream is waited for. */
static void finish(struct worker *w, struct conn *c)
{
	char peer[CONN_PEER_TEXT_MAX], session[TLS_TEXT_MAX];

	stat_inc(w->stats, INTAKE_TLS_HANDSHAKES);
	if (tls_is_resumed(c->tls))
		stat_inc(w->stats, INTAKE_TLS_RESUMED);
	if (log_enabled(LOG_LEVEL_INFO)) {
		conn_peer_text(c, peer);
		tls_describe(c->tls, session);
		log_info_limited(INTAKE_TLS_OPEN, "TLS session established",
			"listener=%s peer=%s %s",
			crew_listener_name(w->crew, c), peer, session);
	}
	cds_list_del(&c->link);
	cds_list_add_tail(&c->link, worker_list(w, c));
}

bool shake_step(struct worker *w, struct conn *c)
{
	char why[TLS_TEXT_MAX];
	int r = tls_handshake(c->tls);

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

uint64_t shake_expiry_ns(const struct worker *w)
{
	struct cds_list_head *shaking = &w->lists[WORKER_SHAKING];

	if (cds_list_empty(shaking))
		return UINT64_MAX;
	return cds_list_first_entry(shaking, struct conn, link)->accepted_ns +
	       w->crew->settings->tls_handshake_timeout_ns;
}

void shake_expire(struct worker *w)
{
	while (w->now_ns >= shake_expiry_ns(w)) {
		struct conn *c = cds_list_first_entry(
			&w->lists[WORKER_SHAKING], struct conn, link);

		fail(w, c, INTAKE_TLS_FAILED_TIMEOUT,
			"not done within limits.tls_handshake_timeout");
	}
}
