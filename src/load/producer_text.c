/* What went wrong with a producer, and what helps. */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "load/producer.h"
#include "wire/handshake.h"

static const char *error_text(int error)
{
	switch (error) {
	case LINK_E_BUSY:
		return "the listener's queue was full all the time; raise its "
		       "backlog";
	case LINK_E_SOURCE:
		return "the source address is not this machine's; --sources "
		       "takes its own ones, such as 127.0.0.0/8 for loopback";
	case LINK_E_PORTS:
		return "no port is left from here to there; give more "
		       "addresses to come from, such as --sources 127.0.0.0/8";
	case PRODUCER_E_CLOSED:
		return "the receiver closed the connection; why is in its log";
	case PRODUCER_E_AWAY:
		return "the receiver closed the connection instead of saying "
		       "ACCEPT: at its limits, or not for us, or it wants TLS "
		       "(tls:// instead of tcp://)";
	case PRODUCER_E_REFUSED:
		return "the receiver does not accept " HANDSHAKE_CONTENT_TYPE
		       "; name a dnstap listener with --to";
	case PRODUCER_E_PROTOCOL:
		return "the receiver does not speak Frame Streams; name a "
		       "dnstap listener with --to";
	case PRODUCER_E_SILENT:
		return "the receiver did not answer in time; is that a dnstap "
		       "listener? (--unidirectional for one that never "
		       "answers)";
	case -ECONNREFUSED:
	case -ENOENT:
		return "nobody listens there; start the receiver, or name "
		       "another address with --to";
	case -EACCES:
	case -EPERM:
		return "permission denied; become a member of the socket's "
		       "group";
	case -EHOSTUNREACH:
	case -ENETUNREACH:
	case -ETIMEDOUT:
		return "no way leads there; see the address, the route and "
		       "the firewall";
	default:
		return strerror(-error);
	}
}

void producer_failure_text(
	const struct producer *p, char text[PRODUCER_FAILURE_MAX])
{
	const struct address *to = &p->settings->link.to;
	char why[LINK_TEXT_MAX], where[ADDRESS_TEXT_MAX];

	if (p->error == LINK_E_TLS)
		link_error_text(&p->link, why);
	else
		snprintf(why, sizeof(why), "%s", error_text(p->error));
	address_format(&to->sa, to->len, where, sizeof(where));
	snprintf(text, PRODUCER_FAILURE_MAX,
		"connection %u to %s%s, after %" PRIu64 " frames: %s",
		p->number,
		to->tls               ? "tls://"
		: address_is_unix(to) ? ""
				      : "tcp://",
		where, p->frames, why);
}
