/*
 * The connection pool: what a lease costs, and what connections cost.
 *
 *	pool [--quick | CONNECTIONS [alone]]
 *
 * CONNECTIONS in all, 5,000 to a backend (default 30,000, or as many as
 * RLIMIT_NOFILE allows); alone: nothing but these.
 *
 * Prints "name value unit", a figure a line.  The backends are addresses
 *127.0.0.N of one small HTTP server in a process of its own.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <malloc.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "base/clock.h"
#include "deliver/http.h"

enum {
	PER_BACKEND = 5000,
	THREADS_MAX = 8,
	BODY = 100 * 1024,
	SPARE = 64, /* descriptors besides connections */
};

#define must(x)                                               \
	do {                                                  \
		if (!(x)) {                                   \
			fprintf(stderr, "pool: %s: %s\n", #x, \
				strerror(errno));             \
			exit(1);                              \
		}                                             \
	} while (0)

/* Every allocation of the process; the linker leads them here. */
static _Atomic uint64_t allocations;
void *__real_malloc(size_t n);
void *__wrap_malloc(size_t n);
void *__wrap_malloc(size_t n)
{
	atomic_fetch_add_explicit(&allocations, 1, memory_order_relaxed);
	return __real_malloc(n);
}
void *__real_calloc(size_t n, size_t size);
void *__wrap_calloc(size_t n, size_t size);
void *__wrap_calloc(size_t n, size_t size)
{
	atomic_fetch_add_explicit(&allocations, 1, memory_order_relaxed);
	return __real_calloc(n, size);
}

static uint64_t now_ns(void)
{
	return clock_mono_ns(&clock_system);
}

/* User and system time of the process: moves less than the clock on the wall
 * where others work too. */
static uint64_t cpu_ns(void)
{
	struct timespec t;

	must(clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t) == 0);
	return (uint64_t)t.tv_sec * NS_PER_S + (uint64_t)t.tv_nsec;
}

/* Lease and release alone: a kind that does nothing. */

static int fake_open(
	void *context, void *agent, struct pool_use *use, void **conn)
{
	(void)agent;
	(void)use;
	*conn = context;
	return 0;
}

static void fake_close(void *context, void *conn)
{
	(void)context;
	(void)conn;
}

static const struct pool_kind fake_kind = { .open = fake_open,
	.close = fake_close };

static struct pool *pool;
static uint64_t lease_count = 4000000;
static unsigned requests = 20000; /* of each sender */
static pthread_barrier_t start;
static unsigned hold_ns; /* how long a lease is used */

static void *lease_many(void *arg)
{
	struct pool_holder me = { "bench", 0 };
	struct pool_use use = { .connects = 1 };
	struct pool_lease lease;

	pthread_barrier_wait(&start);
	for (uint64_t i = *(uint64_t *)arg; i > 0; i--) {
		must(pool_lease(pool, me, NULL, &lease) == 0);
		if (hold_ns > 0)
			for (uint64_t end = now_ns() + hold_ns; now_ns() < end;)
				;
		pool_release(pool, &lease, &use);
		use.connects = 0;
	}
	return NULL;
}

static void bench_lease(unsigned n, unsigned use_ns)
{
	const struct pool_settings set = { .enabled = true,
		.max_active = 1000,
		.max_idle = 100,
		.max_lifetime_ns = 300 * NS_PER_S,
		.validate_after_ns = 2 * NS_PER_S,
		.checkout_timeout_ns = 5 * NS_PER_S };
	uint64_t each = lease_count / n / (use_ns > 0 ? 20 : 1), before, begun,
		 took, cpu;
	struct pool_stats stats;
	pthread_t t[THREADS_MAX];
	char name[32];

	must(pool_new(&pool, &set, &fake_kind, &pool, &clock_system, "bench") ==
		0);
	must(pthread_barrier_init(&start, NULL, n + 1) == 0);
	hold_ns = use_ns;
	for (unsigned i = 0; i < n; i++)
		must(pthread_create(&t[i], NULL, lease_many, &each) == 0);
	pthread_barrier_wait(&start);
	before = allocations;
	begun = now_ns();
	cpu = cpu_ns();
	for (unsigned i = 0; i < n; i++)
		pthread_join(t[i], NULL);
	took = now_ns() - begun;
	cpu = cpu_ns() - cpu;
	pool_stats_read(pool, &stats);
	snprintf(name, sizeof(name), "%s_%u", use_ns > 0 ? "used" : "lease", n);
	printf("%s_wall %.1f ns/lease\n", name,
		(double)took / (double)(each * n));
	printf("%s_cpu %.1f ns/lease\n", name,
		(double)cpu / (double)(each * n));
	printf("%s_allocations %llu allocations\n", name,
		(unsigned long long)(allocations - before));
	printf("%s_opened %llu connections\n", name,
		(unsigned long long)stats.count[POOL_CREATED]);
	pool = pool_free(pool);
	pthread_barrier_destroy(&start);
}

/* A server that answers each request with 200, whatever it says. */

struct client {
	size_t left; /* octets of the body to come */
};

static size_t body_length(const char *head)
{
	const char *at = strcasestr(head, "content-length:");

	return at != NULL ? strtoul(at + 15, NULL, 10) : 0;
}

static void serve_one(int fd, struct client *c)
{
	static const char ok[] = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n"
				 "{}",
			  head_ok[] = "HTTP/1.1 200 OK\r\n"
				      "Content-Length: 2\r\n\r\n";
	static char buf[256 * 1024];
	ssize_t n = read(fd, buf, sizeof(buf) - 1);
	char *end;

	if (n <= 0) {
		close(fd);
		return;
	}
	buf[n] = '\0';
	if (c->left == 0) {
		end = strstr(buf, "\r\n\r\n");
		must(end != NULL); /* heads come whole over loopback */
		if (strncmp(buf, "HEAD", 4) == 0) {
			must(write(fd, head_ok, sizeof(head_ok) - 1) > 0);
			return;
		}
		c->left = body_length(buf);
		n -= end + 4 - buf;
	}
	c->left -= (size_t)n < c->left ? (size_t)n : c->left;
	if (c->left == 0)
		must(write(fd, ok, sizeof(ok) - 1) > 0);
}

static void serve(int listener, unsigned max)
{
	struct client *clients = calloc(max + SPARE, sizeof(*clients));
	struct epoll_event e = { .events = EPOLLIN, .data.fd = listener };
	int set = epoll_create1(0);

	must(clients != NULL && set >= 0);
	must(epoll_ctl(set, EPOLL_CTL_ADD, listener, &e) == 0);
	for (;;) {
		struct epoll_event got[256];
		int n = epoll_wait(set, got, 256, -1);

		for (int i = 0; i < n; i++) {
			int fd = got[i].data.fd;

			if (fd != listener) {
				serve_one(fd, &clients[fd]);
				continue;
			}
			fd = accept(listener, NULL, NULL);
			if (fd < 0)
				continue;
			clients[fd] = (struct client){ 0 };
			e.data.fd = fd;
			must(epoll_ctl(set, EPOLL_CTL_ADD, fd, &e) == 0);
		}
	}
}

static uint16_t port;
static pid_t server;

static void start_server(unsigned max)
{
	struct sockaddr_in a = { .sin_family = AF_INET };
	socklen_t len = sizeof(a);
	int fd = socket(AF_INET, SOCK_STREAM, 0);

	must(bind(fd, (struct sockaddr *)&a, sizeof(a)) == 0);
	must(listen(fd, 4096) == 0);
	must(getsockname(fd, (struct sockaddr *)&a, &len) == 0);
	port = ntohs(a.sin_port);
	server = fork();
	must(server >= 0);
	if (server == 0)
		serve(fd, max);
	close(fd);
}

static struct http_target *new_target(unsigned number, unsigned max)
{
	struct http_target *t;
	char url[64];
	const struct http_target_settings set = {
		.label = "bench",
		.url = url,
		.content_type = "application/json",
		.auth_scheme = "Splunk",
		.token = "00000000-0000-0000-0000-000000000000",
		.connect_timeout_ns = 5 * NS_PER_S,
		.request_timeout_ns = 10 * NS_PER_S,
		.keepalive_time_ns = 60 * NS_PER_S,
		.keepalive_interval_ns = 10 * NS_PER_S,
		.keepalive_count = 6,
		.pool = { .enabled = true,
			.max_active = max,
			.max_idle = max,
			.idle_timeout_ns = 1, /* whenever it is tended */
			.max_lifetime_ns = 3600 * NS_PER_S,
			.validate_after_ns = 2 * NS_PER_S,
			.checkout_timeout_ns = 5 * NS_PER_S },
	};

	snprintf(url, sizeof(url), "http://127.0.0.%u:%u/", number + 1, port);
	must(http_target_new(&t, &set) == 0);
	return t;
}

static size_t heap(void)
{
	struct mallinfo2 m = mallinfo2();

	return m.uordblks + m.hblkhd;
}

static long resident(void)
{
	long size, pages;
	FILE *f = fopen("/proc/self/statm", "re");

	must(f != NULL && fscanf(f, "%ld %ld", &size, &pages) == 2);
	fclose(f);
	return pages * sysconf(_SC_PAGESIZE);
}

static int ascending(const void *a, const void *b)
{
	uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;

	return x < y ? -1 : x > y;
}

static void print_quantiles(const char *what, uint64_t *t, unsigned n)
{
	qsort(t, n, sizeof(*t), ascending);
	printf("%s_p50 %.2f us\n%s_p99 %.2f us\n%s_max %.2f us\n", what,
		(double)t[n / 2] / 1e3, what,
		(double)t[(uint64_t)n * 99 / 100] / 1e3, what,
		(double)t[n - 1] / 1e3);
}

/* All connections of all backends at once, idle, and closed again. */
static void bench_connections(struct http *h, unsigned n)
{
	unsigned backends = (n + PER_BACKEND - 1) / PER_BACKEND, k = 0;
	struct http_target **targets = calloc(backends, sizeof(*targets));
	struct pool_lease *leases = calloc(n, sizeof(*leases));
	struct pool_use *uses = calloc(n, sizeof(*uses));
	uint64_t *open = calloc(n, sizeof(*open)),
		 *release = calloc(n, sizeof(*release)), begun, t;
	size_t heap_before;
	long resident_before;

	must(targets != NULL && leases != NULL && uses != NULL &&
		open != NULL && release != NULL);
	memset(open, 1, n * sizeof(*open));
	memset(release, 1, n * sizeof(*release));
	memset(leases, 0, n * sizeof(*leases));
	memset(uses, 0, n * sizeof(*uses));
	heap_before = heap();
	resident_before = resident();
	for (unsigned i = 0; i < backends; i++)
		targets[i] = new_target(i, PER_BACKEND);
	begun = now_ns();
	for (k = 0; k < n; k++) {
		struct http_target *target = targets[k / PER_BACKEND];

		t = now_ns();
		must(pool_lease(target->pool,
			     (struct pool_holder){ "bench", k }, NULL,
			     &leases[k]) == 0);
		must(http_connect(h, target, leases[k].conn, &uses[k]) == 0);
		open[k] = now_ns() - t;
	}
	printf("connections %u connections\n", n);
	printf("open_all %.2f s\n", (double)(now_ns() - begun) / 1e9);
	print_quantiles("first_request", open, n);
	for (k = 0; k < n; k++) {
		struct http_target *target = targets[k / PER_BACKEND];

		open[k] = uses[k].connect_ns;
		t = now_ns();
		pool_release(target->pool, &leases[k], &uses[k]);
		release[k] = now_ns() - t;
	}
	print_quantiles("connect", open, n);
	print_quantiles("release", release, n);
	printf("heap_each %zu bytes\n", (heap() - heap_before) / n);
	printf("resident_each %ld bytes\n",
		(resident() - resident_before) / (long)n);
	begun = now_ns();
	t = cpu_ns();
	for (unsigned i = 0; i < backends; i++)
		pool_tend(targets[i]->pool);
	printf("evict_all %.3f s\nevict_cpu_each %.1f us\n",
		(double)(now_ns() - begun) / 1e9,
		(double)(cpu_ns() - t) / 1e3 / n);
	for (unsigned i = 0; i < backends; i++) {
		struct pool_stats s;

		pool_stats_read(targets[i]->pool, &s);
		must(s.idle == 0);
		http_target_free(targets[i]);
	}
	free(targets);
	free(leases);
	free(uses);
	free(open);
	free(release);
}

/* Senders that post as fast as they can. */

struct poster {
	pthread_t thread;
	struct http *http;
	struct http_target *target;
};

static void *post_many(void *arg)
{
	struct poster *p = arg;
	static char body[BODY];
	struct http_request rq = { .body = slice_from(
					   (uint8_t *)body, sizeof(body)) };
	struct reply reply;

	for (unsigned i = 0; i < requests; i++)
		must(http_send(p->http, p->target, &rq, &reply) == 0 &&
			reply.status == 200);
	return NULL;
}

static void bench_reuse(const struct stop *stop, bool pooled)
{
	const char *name = pooled ? "pooled" : "not_pooled";
	struct http_target *t = new_target(0, 1000);
	struct poster posters[4];
	struct pool_stats s;
	uint64_t begun = now_ns();
	double took;

	t->pool->set.enabled = pooled;
	for (unsigned i = 0; i < 4; i++) {
		posters[i].target = t;
		must(http_new(&posters[i].http, stop,
			     (struct pool_holder){ "bench", i }) == 0);
		must(pthread_create(&posters[i].thread, NULL, post_many,
			     &posters[i]) == 0);
	}
	for (unsigned i = 0; i < 4; i++) {
		pthread_join(posters[i].thread, NULL);
		http_free(posters[i].http);
	}
	took = (double)(now_ns() - begun) / 1e9;
	pool_stats_read(t->pool, &s);
	printf("%s_connections %llu connections\n", name,
		(unsigned long long)s.count[POOL_CREATED]);
	printf("%s_reuse %.3f %%\n", name, 100 * pool_reuse_rate(&s));
	printf("%s_rate %.0f requests/s\n", name, 4 * requests / took);
	http_target_free(t);
}

int main(int argc, char **argv)
{
	bool quick = argc > 1 && strcmp(argv[1], "--quick") == 0;
	unsigned wanted = quick      ? 200
			  : argc > 1 ? (unsigned)atoi(argv[1])
				     : 30000;
	bool alone = argc > 2;
	struct rlimit limit;
	struct stop stop;
	struct http *h;

	if (quick) {
		lease_count /= 100;
		requests /= 100;
	}
	signal(SIGPIPE, SIG_IGN);
	setvbuf(stdout, NULL, _IOLBF, 0);
	must(getrlimit(RLIMIT_NOFILE, &limit) == 0);
	limit.rlim_cur = limit.rlim_max;
	must(setrlimit(RLIMIT_NOFILE, &limit) == 0);
	if (wanted + SPARE > limit.rlim_cur) {
		wanted = (unsigned)limit.rlim_cur - SPARE;
		printf("# %u connections: this machine has %llu descriptors "
		       "at most\n",
			wanted, (unsigned long long)limit.rlim_cur);
	}
	start_server(wanted);
	for (unsigned n = 1; !alone && n <= THREADS_MAX; n *= 2)
		bench_lease(n, 0);
	for (unsigned n = 1; !alone && n <= THREADS_MAX; n *= 2)
		bench_lease(n, 2000);
	must(http_init() == 0 && stop_init(&stop) == 0);
	must(http_new(&h, &stop, (struct pool_holder){ "bench", 0 }) == 0);
	if (!alone) {
		bench_reuse(&stop, true);
		bench_reuse(&stop, false);
	}
	bench_connections(h, wanted);
	http_free(h);
	stop_deinit(&stop);
	kill(server, SIGKILL);
	waitpid(server, NULL, 0);
	return 0;
}
