#include "intake/plan.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "base/log.h"

/* Do both ask for the same socket? */
static bool same_socket(
	const struct listener_settings *a, const struct listener_settings *b)
{
	const struct address *x = &a->listen.address, *y = &b->listen.address;

	return address_equal(x, y) && x->dual == y->dual;
}

/* May connections still carry that gate's number? */
static bool is_needed(
	const struct plan *former, const bool *in_use, unsigned gate)
{
	return former != NULL && gate < former->n_gates &&
	       (former->gates[gate].open || in_use[gate]);
}

/*
 * The gate for a listener: the one it had, by its address, unless that changed
 * between TLS and the clear: connections know by their gate what they speak.
 * Then its socket goes over to another gate.
 * Return: the gate, or -1; *socket_of: the gate that has its socket, or -1.
 */
static int find_gate(const struct plan *p, const struct listener_settings *l,
	const struct plan *former, const bool *in_use, int *socket_of)
{
	*socket_of = -1;
	for (unsigned g = 0; former != NULL && g < former->n_gates; g++) {
		const struct listener_settings *had = &former->listeners[g];

		if (!former->gates[g].open || p->gates[g].open ||
			!same_socket(had, l))
			continue;
		*socket_of = (int)g;
		if (had->listen.address.tls == l->listen.address.tls)
			return (int)g;
		break;
	}
	for (unsigned g = 0; g < PLAN_GATES_MAX; g++)
		if (!p->gates[g].open && !is_needed(former, in_use, g))
			return (int)g;
	return -1;
}

static int assign_gates(struct plan *p, const struct intake_settings *s,
	const struct plan *former, const bool *in_use)
{
	for (size_t i = 0; i < s->n_listeners; i++) {
		int socket_of;
		int g = find_gate(
			p, &s->listeners[i], former, in_use, &socket_of);

		if (g < 0)
			return -ENOSPC;
		p->listeners[g] = s->listeners[i];
		p->gates[g].open = true;
		p->gates[g].former = socket_of != g ? socket_of : -1;
		p->gates[g].was_opened = socket_of < 0;
		p->gates[g].socket_is_new = socket_of < 0;
	}
	return 0;
}

/* Those that stay for their connections keep a name, for log lines. */
static int keep_shut_gates(
	struct plan *p, const struct plan *former, const bool *in_use)
{
	for (unsigned g = 0; g < PLAN_GATES_MAX; g++) {
		struct listener_settings *l = &p->listeners[g];

		if (p->gates[g].open) {
			p->n_gates = g + 1;
			continue;
		}
		*l = (struct listener_settings){ .name = "", .shut = true };
		if (!is_needed(former, in_use, g))
			continue;
		p->gates[g].name = strdup(former->listeners[g].name);
		if (p->gates[g].name == NULL)
			return -ENOMEM;
		l->name = p->gates[g].name;
		l->shut = true;
		l->listen.address = former->listeners[g].listen.address;
		l->idle_timeout_ns = former->listeners[g].idle_timeout_ns;
		p->n_gates = g + 1;
	}
	return 0;
}

static int make_fillers(struct plan *p)
{
	unsigned workers = p->settings.workers;

	p->fillers = calloc(workers, sizeof(*p->fillers));
	if (p->fillers == NULL)
		return -ENOMEM;
	for (unsigned w = 0; w < workers; w++) {
		p->fillers[w] = calloc(p->n_feeds + 1, sizeof(**p->fillers));
		if (p->fillers[w] == NULL)
			return -ENOMEM;
		for (size_t f = 0; f < p->n_feeds; f++) {
			int r = filler_init(&p->fillers[w][f], p->feeds[f], w);

			if (r != 0)
				return r;
		}
	}
	return 0;
}

int plan_new(struct plan **pp, const struct intake_settings *settings,
	struct feed **feeds, size_t n_feeds, const struct plan *former,
	const bool *in_use)
{
	struct plan *p = calloc(1, sizeof(*p));
	int r = -ENOMEM;

	if (p == NULL)
		return r;
	p->settings = *settings;
	if (former != NULL) {
		p->settings.workers = former->settings.workers;
		p->settings.read_buffer = former->settings.read_buffer;
	}
	p->feeds = feeds;
	p->n_feeds = n_feeds;
	for (unsigned g = 0; g < PLAN_GATES_MAX; g++) {
		p->gates[g].former = -1;
		p->gates[g].socket = LISTEN_SOCKET_NULL;
	}
	p->listeners = calloc(PLAN_GATES_MAX, sizeof(*p->listeners));
	if (p->listeners != NULL)
		r = assign_gates(p, settings, former, in_use);
	if (r == 0)
		r = keep_shut_gates(p, former, in_use);
	if (r == 0)
		r = make_fillers(p);
	p->settings.listeners = p->listeners;
	p->settings.n_listeners = p->n_gates;
	if (r != 0)
		p = plan_free(p);
	else
		*pp = p;
	return r;
}

/* With the port that the kernel chose, where the setting leaves it that. */
static void say_listening(const struct listener_settings *s, int fd)
{
	char text[ADDRESS_TEXT_MAX];
	struct address a = s->listen.address;
	socklen_t len = sizeof(a.storage);

	if (!address_is_unix(&a) && getsockname(fd, &a.sa, &len) == 0)
		a.len = len;
	address_format(&a.sa, a.len, text, sizeof(text));
	log_info(INTAKE_LISTENING, "listening", "listener=%s address=%s",
		s->name, text);
}

int plan_open(struct plan *p, int *inherited, char *error, size_t cap)
{
	for (unsigned g = 0; g < p->n_gates; g++) {
		const struct listen_settings *l = &p->listeners[g].listen;
		struct listen_socket *socket = &p->gates[g].socket;
		int r;

		if (!p->gates[g].socket_is_new)
			continue;
		if (inherited != NULL && inherited[g] >= 0)
			r = listen_adopt(socket, l, &inherited[g], error, cap);
		else
			r = listen_open(socket, l, error, cap);
		if (r != 0)
			return r;
	}
	return 0;
}

void plan_say(const struct plan *p)
{
	for (unsigned g = 0; g < p->n_gates; g++)
		if (p->gates[g].socket_is_new)
			say_listening(&p->listeners[g], p->gates[g].socket.fd);
}

struct plan *plan_free(struct plan *p)
{
	if (p == NULL)
		return NULL;
	for (unsigned w = 0; p->fillers != NULL && w < p->settings.workers;
		w++) {
		for (size_t f = 0; p->fillers[w] != NULL && f < p->n_feeds; f++)
			filler_deinit(&p->fillers[w][f]);
		free(p->fillers[w]);
	}
	free(p->fillers);
	for (unsigned g = 0; g < PLAN_GATES_MAX; g++) {
		if (p->gates[g].socket_is_new)
			listen_close(
				&p->gates[g].socket, &p->listeners[g].listen);
		free(p->gates[g].name);
	}
	free(p->listeners);
	free(p);
	return NULL;
}
