#include "intake/conn.h"

#include <assert.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "net/address.h"
#include "sync/rcu.h"

enum { REST_MIN = 64 }; /* octets: the smallest piece worth allocating */

static void set_peer(struct conn *c, const struct sockaddr *sa)
{
	switch (sa->sa_family) {
	case AF_INET: {
		struct sockaddr_in in;

		memcpy(&in, sa, sizeof(in));
		c->peer.s6_addr[10] = c->peer.s6_addr[11] = 0xff;
		memcpy(&c->peer.s6_addr[12], &in.sin_addr, 4);
		c->peer_port = in.sin_port;
		break;
	}
	case AF_INET6: {
		struct sockaddr_in6 in6;

		memcpy(&in6, sa, sizeof(in6));
		c->peer = in6.sin6_addr;
		c->peer_port = in6.sin6_port;
		break;
	}
	default:
		c->is_unix = true;
	}
}

int conn_new(struct conn **cp, int fd, const struct sockaddr *peer,
	unsigned listener, uint32_t max_frame, struct frame_memory *memory,
	uint64_t mono_ns)
{
	struct conn *c = calloc(1, sizeof(*c));

	if (c == NULL)
		return -ENOMEM;
	c->magic = CONN_MAGIC;
	c->fd = fd;
	c->listener = (uint16_t)listener;
	c->memory = memory;
	c->accepted_ns = mono_ns;
	c->handshake = HANDSHAKE_INIT;
	c->cutter = FRAME_CUTTER_INIT(max_frame);
	CDS_INIT_LIST_HEAD(&c->link);
	set_peer(c, peer);
	*cp = c;
	return 0;
}

struct conn *conn_free(struct conn *c)
{
	if (c == NULL)
		return NULL;
	assert(c->magic == CONN_MAGIC);
	c->magic = 0;
	tls_free(c->tls);
	close(c->fd);
	conn_drop_rest(c);
	free(c->origin);
	free(c);
	return NULL;
}

static void free_after_grace(struct rcu_head *head)
{
	rcu_grace_passed();
	conn_free(caa_container_of(head, struct conn, rcu));
}

void conn_retire(struct conn *c)
{
	if (c->tls != NULL)
		tls_close(c->tls);
	/* the peer need not wait for our readers to hear of the end */
	shutdown(c->fd, SHUT_RDWR);
	conn_drop_rest(c);
	rcu_retire(&c->rcu, free_after_grace);
}

int conn_keep(struct conn *c, struct slice *in, size_t want)
{
	size_t take = want - c->rest_len;

	assert(want > c->rest_len);
	if (take > in->len)
		take = in->len;
	if (c->rest_len + take > c->rest_cap) {
		size_t cap = 2 * (c->rest_len + take);
		int r;

		if (cap < REST_MIN)
			cap = REST_MIN;
		if (cap > want && want >= REST_MIN)
			cap = want;
		r = frame_memory_grow(c->memory, &c->rest, c->rest_cap, cap);
		if (r != 0)
			return r;
		c->rest_cap = (uint32_t)cap;
	}
	memcpy(c->rest + c->rest_len, in->data, take);
	c->rest_len += (uint32_t)take;
	in->data += take;
	in->len -= take;
	return 0;
}

void conn_drop_rest(struct conn *c)
{
	frame_memory_put(c->memory, &c->rest, c->rest_cap);
	c->rest_len = c->rest_cap = 0;
}

size_t conn_unread(const struct conn *c)
{
	int octets = 0;

	if (ioctl(c->fd, FIONREAD, &octets) != 0 || octets < 0)
		return 0;
	return (size_t)octets;
}

void conn_note_origin(
	struct conn *c, struct slice identity, struct slice version)
{
	struct origin *o;

	if (c->origin != NULL || identity.len + version.len == 0)
		return;
	if (identity.len > ORIGIN_TEXT_MAX)
		identity.len = ORIGIN_TEXT_MAX;
	if (version.len > ORIGIN_TEXT_MAX)
		version.len = ORIGIN_TEXT_MAX;
	o = malloc(sizeof(*o) + identity.len + version.len);
	if (o == NULL)
		return;
	o->identity_len = (uint8_t)identity.len;
	o->version_len = (uint8_t)version.len;
	if (identity.len != 0)
		memcpy(o->text, identity.data, identity.len);
	if (version.len != 0)
		memcpy(o->text + identity.len, version.data, version.len);
	rcu_publish(c->origin, o);
}

static void get_credentials(const struct conn *c, struct ucred *peer)
{
	socklen_t len = sizeof(*peer);

	*peer = (struct ucred){ 0 };
	getsockopt(c->fd, SOL_SOCKET, SO_PEERCRED, peer, &len);
}

static void format_credentials(
	const struct ucred *peer, char text[CONN_PEER_TEXT_MAX])
{
	snprintf(text, CONN_PEER_TEXT_MAX, "pid=%d,uid=%u", (int)peer->pid,
		(unsigned)peer->uid);
}

static void describe_tls(const struct conn *c, struct conn_info *info)
{
	const struct tls *t = rcu_get(c->tls);
	const struct tls_about *about = t != NULL ? tls_about(t) : NULL;

	if (about == NULL)
		return;
	info->tls_version = about->version;
	info->tls_cipher = about->cipher;
	info->tls_resumed = about->resumed;
	snprintf(info->tls_subject, sizeof(info->tls_subject), "%s",
		about->subject);
}

static void describe_origin(const struct conn *c, struct conn_info *info)
{
	const struct origin *o = rcu_get(c->origin);

	if (o == NULL)
		return;
	info->identity_len = o->identity_len;
	info->version_len = o->version_len;
	memcpy(info->identity, o->text, o->identity_len);
	memcpy(info->version, o->text + o->identity_len, o->version_len);
}

void conn_describe(const struct conn *c, struct conn_info *info)
{
	struct ucred peer;

	rcu_assert_reading();
	*info = (struct conn_info){
		.id = c->id,
		.listener = c->listener,
		.state = (enum conn_state)atomic_load(&c->state),
		.is_unix = c->is_unix,
		.peer = c->peer,
		.peer_port = c->peer_port,
		.messages = atomic_load(&c->messages),
		.octets = atomic_load(&c->octets),
		.errors = atomic_load(&c->errors),
		.connected_ns = c->accepted_ns,
		.quiet_ns = (uint64_t)atomic_load(&c->tick) * CONN_TICK_NS,
	};
	if (c->is_unix) {
		get_credentials(c, &peer);
		info->pid = peer.pid;
		info->uid = peer.uid;
		format_credentials(&peer, info->peer_text);
	} else {
		conn_peer_text(c, info->peer_text);
	}
	describe_origin(c, info);
	describe_tls(c, info);
}

const char *conn_state_text(enum conn_state state)
{
	static const char *const texts[] = {
		[CONN_GREETING] = "handshake",
		[CONN_SHAKING] = "tls-handshake",
		[CONN_STREAMING] = "streaming",
		[CONN_ENDING] = "ending",
	};

	return texts[state];
}

void conn_peer_text(const struct conn *c, char text[CONN_PEER_TEXT_MAX])
{
	struct sockaddr_in6 in6 = {
		.sin6_family = AF_INET6,
		.sin6_addr = c->peer,
		.sin6_port = c->peer_port,
	};
	struct ucred peer;

	if (!c->is_unix) {
		address_format((const struct sockaddr *)&in6, sizeof(in6), text,
			CONN_PEER_TEXT_MAX);
		return;
	}
	get_credentials(c, &peer);
	format_credentials(&peer, text);
}
