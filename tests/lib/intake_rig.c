#include "lib/intake_rig.h"

#include <arpa/inet.h>
#include <assert.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

#include "wire/handshake.h"

enum { PATIENCE_S = 20 }; /* sanitizers and a busy machine included */

#define must(x)                                                                \
	do {                                                                   \
		if (!(x)) {                                                    \
			fprintf(stderr, "%s:%d: %s: %s\n", __FILE__, __LINE__, \
				#x, strerror(errno));                          \
			abort();                                               \
		}                                                              \
	} while (0)

void rig_init(struct rig *r)
{
	*r = (struct rig){
		.settings = {
			.clock = &clock_system,
			.workers = 2,
			.max_connections = 64,
			.peer_prefix_ipv4 = 32,
			.peer_prefix_ipv6 = 64,
			.max_frame = 4096,
			.frame_memory = 1024 * 1024,
			.read_buffer = 64 * 1024,
			.handshake_timeout_ns = 60 * NS_PER_S,
			.tls_handshake_timeout_ns = 60 * NS_PER_S,
		},
		.feed_settings = {
			.name = "test",
			.batch_events = 100,
			.batch_bytes = 256 * 1024,
			.linger_ns = 10 * NS_PER_MS,
			.buffer_events = 100000,
		},
	};
}

/* Somebody else might take it before we do; nobody on loopback does. */
static struct address free_port(void)
{
	struct address a;
	int fd = socket(AF_INET, SOCK_STREAM, 0);

	must(address_parse(&a, "tcp://127.0.0.1:0") == 0);
	must(bind(fd, &a.sa, a.len) == 0);
	must(getsockname(fd, &a.sa, &a.len) == 0);
	close(fd);
	return a;
}

void rig_start(struct rig *r)
{
	char error[512];
	int e;

	snprintf(r->dir, sizeof(r->dir), "/tmp/tapferry-rig-XXXXXX");
	must(mkdtemp(r->dir) != NULL);
	snprintf(r->path, sizeof(r->path), "%s/s", r->dir);
	r->listeners[RIG_UNIX].name = "unix";
	r->listeners[RIG_UNIX].listen.mode = 0600;
	r->listeners[RIG_UNIX].listen.backlog = 128;
	must(address_parse(&r->listeners[RIG_UNIX].listen.address, r->path) ==
		0);
	r->listeners[RIG_TCP].name = "tcp";
	r->listeners[RIG_TCP].listen.address = free_port();
	r->listeners[RIG_TCP].listen.backlog = 128;
	r->settings.listeners = r->listeners;
	r->settings.n_listeners = 2;
	if (r->listeners[RIG_TLS].tls.cert != NULL) {
		r->listeners[RIG_TLS].name = "tls";
		r->listeners[RIG_TLS].listen.address = free_port();
		r->listeners[RIG_TLS].listen.address.tls = true;
		r->listeners[RIG_TLS].listen.backlog = 128;
		r->settings.n_listeners = 3;
	}
	must(feed_init(&r->feed, &r->feed_settings, r->settings.workers, 1) ==
		0);
	must(stat_set_init(&r->stats, 1 + r->settings.workers) == 0);
	r->feeds[0] = &r->feed;
	e = intake_new(&r->intake, &r->settings, r->feeds, 1, &r->stats, error,
		sizeof(error));
	if (e == 0)
		e = intake_start(r->intake, error, sizeof(error));
	if (e != 0)
		fprintf(stderr, "intake_start: %s\n", error);
	must(e == 0);
}

void rig_end(struct rig *r, unsigned grace_ms)
{
	intake_stop(
		r->intake, clock_mono_ns(&clock_system) + grace_ms * NS_PER_MS);
	rig_collect(r);
	r->intake = intake_free(r->intake);
	feed_deinit(&r->feed);
	stat_set_deinit(&r->stats);
	unlink(r->path);
	rmdir(r->dir);
}

uint64_t rig_stat(const struct rig *r, enum intake_stat id)
{
	return stat_sum(&r->stats, id);
}

static bool wait_for(struct rig *r,
	bool (*done)(struct rig *r, int id, uint64_t n), int id, uint64_t n)
{
	uint64_t until = clock_mono_ns(&clock_system) + PATIENCE_S * NS_PER_S;

	while (!done(r, id, n)) {
		if (clock_mono_ns(&clock_system) > until)
			return false;
		rig_pause_ms(1);
	}
	return true;
}

static bool stat_is(struct rig *r, int id, uint64_t n)
{
	return rig_stat(r, (enum intake_stat)id) == n;
}

bool rig_wait_stat(struct rig *r, enum intake_stat id, uint64_t n)
{
	return wait_for(r, stat_is, (int)id, n);
}

void rig_collect(struct rig *r)
{
	struct batch *b;

	while ((b = ring_try_pop(&r->feed.sealed)) != NULL) {
		for (uint32_t i = 0; i < b->events; i++)
			if (r->on_event != NULL)
				r->on_event(r,
					(const char *)b->data +
						batch_start(b, i),
					b->ends[i] - batch_start(b, i));
		r->events += b->events;
		batch_settle(b, batch_left(b));
		batch_pool_put(&r->feed.pool, &b);
	}
}

static bool events_are(struct rig *r, int id, uint64_t n)
{
	(void)id;
	rig_collect(r);
	return r->events == n;
}

bool rig_wait_events(struct rig *r, uint64_t n)
{
	return wait_for(r, events_are, 0, n);
}

void rig_check_order(struct rig *r, const char *line, size_t len)
{
	char name[32];
	int n = snprintf(name, sizeof(name), "n%u.example", r->next_number++);

	must(memmem(line, len, name, (size_t)n) != NULL);
}

bool rig_ledger_is(struct rig *r, uint64_t received, uint64_t not_dnstap,
	uint64_t too_large, uint64_t malformed)
{
	uint64_t events = received - not_dnstap - too_large;

	/* a full batch leaves before its read is counted, so all may be late */
	return rig_wait_events(r, events) &&
	       rig_wait_stat(r, INTAKE_RECEIVED, received) &&
	       rig_wait_stat(r, INTAKE_DROPPED_NOT_DNSTAP, not_dnstap) &&
	       rig_wait_stat(r, INTAKE_DROPPED_FRAME_TOO_LARGE, too_large) &&
	       rig_wait_stat(r, INTAKE_MALFORMED_DNS, malformed) &&
	       stat_sum(&r->feed.stats, OUTPUT_TAKEN) == events;
}

void rig_pause_ms(unsigned ms)
{
	const struct timespec t = {
		.tv_sec = ms / 1000,
		.tv_nsec = (long)(ms % 1000) * 1000000,
	};

	nanosleep(&t, NULL);
}

int rig_connect(struct rig *r, enum rig_door door)
{
	const struct address *a = &r->listeners[door].listen.address;
	const struct timeval patience = { .tv_sec = PATIENCE_S };
	int fd = socket(a->sa.sa_family, SOCK_STREAM | SOCK_CLOEXEC, 0);

	must(fd >= 0);
	setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof(patience));
	must(connect(fd, &a->sa, a->len) == 0);
	return fd;
}

void script_free(struct script *s)
{
	free(s->data);
	*s = SCRIPT_NULL;
}

void script_add(struct script *s, const void *data, size_t len)
{
	if (s->len + len > s->cap) {
		s->cap = 2 * (s->len + len);
		s->data = realloc(s->data, s->cap);
		must(s->data != NULL);
	}
	if (len != 0)
		memcpy(s->data + s->len, data, len);
	s->len += len;
}

void script_u32(struct script *s, uint32_t n)
{
	n = htonl(n);
	script_add(s, &n, sizeof(n));
}

void script_control(struct script *s, uint32_t type, const char *content_type)
{
	uint32_t len =
		content_type != NULL ? (uint32_t)strlen(content_type) : 0;

	script_u32(s, 0);
	script_u32(s, content_type != NULL ? 12 + len : 4);
	script_u32(s, type);
	if (content_type == NULL)
		return;
	script_u32(s, 1);
	script_u32(s, len);
	script_add(s, content_type, len);
}

void script_event(struct script *s, uint32_t number)
{
	static const uint8_t header[] = { 0, 1, 1, 0, 0, 1, 0, 0, 0, 0, 0, 0 };
	static const uint8_t tail[] = "\7example\0\0\1\0\1";
	char label[16];
	uint8_t dns[64], payload[128];
	size_t n = 0, p = 0;
	size_t label_len =
		(size_t)snprintf(label, sizeof(label), "n%u", number);

	memcpy(dns, header, sizeof(header));
	n = sizeof(header);
	dns[n++] = (uint8_t)label_len;
	memcpy(dns + n, label, label_len);
	n += label_len;
	memcpy(dns + n, tail, sizeof(tail) - 1);
	n += sizeof(tail) - 1;

	payload[p++] = 14 << 3 | 2; /* message */
	payload[p++] = (uint8_t)(2 + 2 + n);
	payload[p++] = 1 << 3; /* type: CLIENT_QUERY */
	payload[p++] = 5;
	payload[p++] = 10 << 3 | 2; /* query_message */
	payload[p++] = (uint8_t)n;
	memcpy(payload + p, dns, n);
	p += n;
	payload[p++] = 15 << 3; /* type: MESSAGE */
	payload[p++] = 1;
	script_u32(s, (uint32_t)p);
	script_add(s, payload, p);
}

void script_rubbish(struct script *s, uint32_t len)
{
	uint8_t octet = 0xff;

	script_u32(s, len);
	for (uint32_t i = 0; i < len; i++)
		script_add(s, &octet, 1);
}

struct script script_stream(uint32_t events)
{
	struct script s = SCRIPT_NULL;

	script_control(&s, SCRIPT_START, SCRIPT_TYPE);
	for (uint32_t i = 0; i < events; i++)
		script_event(&s, i);
	script_control(&s, SCRIPT_STOP, NULL);
	return s;
}

bool peer_write(int fd, const void *data, size_t len, size_t step)
{
	const uint8_t *p = data;

	while (len > 0) {
		ssize_t n = send(fd, p, step != 0 && step < len ? step : len,
			MSG_NOSIGNAL);

		if (n < 0)
			return false;
		p += n;
		len -= (size_t)n;
	}
	return true;
}

static bool read_u32(int fd, uint32_t *n)
{
	if (recv(fd, n, sizeof(*n), MSG_WAITALL) != sizeof(*n))
		return false;
	*n = ntohl(*n);
	return true;
}

uint32_t peer_read_control(int fd)
{
	uint32_t escape, len, type;
	uint8_t rest[512];

	if (!read_u32(fd, &escape) || !read_u32(fd, &len) ||
		!read_u32(fd, &type))
		return 0;
	must(escape == 0 && len >= 4 && len - 4 <= sizeof(rest));
	if (len > 4)
		must(recv(fd, rest, len - 4, MSG_WAITALL) ==
			(ssize_t)(len - 4));
	return type;
}

bool peer_is_ended(int fd)
{
	char octets[256];
	ssize_t n;

	do
		n = recv(fd, octets, sizeof(octets), 0);
	while (n > 0);
	return n == 0 || errno == ECONNRESET;
}

bool peer_open(int fd)
{
	struct script s = SCRIPT_NULL;
	bool good;

	script_control(&s, SCRIPT_READY, SCRIPT_TYPE);
	good = peer_write(fd, s.data, s.len, 0) && peer_read_control(fd) == 1;
	s.len = 0;
	script_control(&s, SCRIPT_START, SCRIPT_TYPE);
	good = good && peer_write(fd, s.data, s.len, 0);
	script_free(&s);
	return good;
}
