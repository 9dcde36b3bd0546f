/*
 * The backends of an output at run time (output.h).
 *
 * Lists are edited by copy: whoever edits holds `editing`, readers see the
 * former list or the next one, whole.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/log.h"
#include "deliver/acker.h"
#include "deliver/remote_output.h"

const char *backend_state_name(enum backend_state state)
{
	static const char *const names[] = {
		[BACKEND_UP] = "up",
		[BACKEND_DOWN] = "down",
		[BACKEND_HELD] = "held",
		[BACKEND_EJECTED] = "ejected",
		[BACKEND_DISABLED] = "disabled",
		[BACKEND_DRAINING] = "draining",
		[BACKEND_DRAINED] = "drained",
	};

	return names[state];
}

/* Return: NULL: this output has no backends. */
static struct remote_output *remote_of(struct output *o)
{
	return o->kind == &output_kind_remote ? (struct remote_output *)o
					      : NULL;
}

static void tell(const struct remote_output *o, const char *url,
	const char *what, unsigned weight)
{
	log_info(DELIVER_BACKEND_CHANGED, "backends of an output changed",
		"output=%s url=%s change=%s weight=%u",
		o->head.feed->settings.name, url, what, weight);
}

size_t remote_output_hold(struct remote_output *o, struct backend **of)
{
	const struct backend_list *l;
	size_t n = 0;

	rcu_reading_start();
	l = rcu_get(o->backends);
	for (; l != NULL && n < l->n; n++) {
		of[n] = l->of[n];
		backend_get(of[n]);
	}
	rcu_reading_end();
	return n;
}

void output_backends_walk(struct output *head,
	void (*each)(const struct backend_view *v, void *arg), void *arg)
{
	struct remote_output *o = remote_of(head);
	struct backend *of[BALANCE_MAX];
	uint64_t now = clock_mono_ns(&clock_system), requests = 0;
	size_t n = o != NULL ? remote_output_hold(o, of) : 0;

	for (size_t i = 0; i < n; i++)
		requests += atomic_load(&of[i]->stats[BACKEND_REQUESTS]);
	for (size_t i = 0; i < n; i++) {
		struct backend_view v;

		backend_read(of[i], now, &v);
		if (requests != 0)
			v.share = (double)v.stats[BACKEND_REQUESTS] /
				  (double)requests;
		each(&v, arg);
		backend_put(of[i]);
	}
}

/* Some take no requests any more. */
static void let_go(struct remote_output *o)
{
	if (o->acker != NULL)
		ack_table_let_go(&o->acker->table);
}

/* A copy of the list with room for more, without one of them (NULL: all). */
static int copy(struct backend_list **lp, const struct backend_list *from,
	size_t more, const struct backend *but)
{
	size_t n = from != NULL ? from->n : 0;
	int r = backend_list_new(lp, n + more);

	for (size_t i = 0; r == 0 && i < n; i++) {
		struct backend *b = from->of[i];

		if (b == but)
			continue;
		backend_get(b);
		backend_list_add(*lp, &b);
	}
	return r;
}

int output_backend_add(struct output *head, const struct backend_settings *s)
{
	struct remote_output *o = remote_of(head);
	struct backend_list *next = NULL;
	struct backend *b = NULL;
	int r;

	if (o == NULL)
		return OUTPUT_E_URL;
	r = remote_output_backend(o, s, &b);
	if (r != 0)
		return r;
	pthread_mutex_lock(&o->editing);
	if (backend_list_find(o->backends, s->url) != NULL)
		r = OUTPUT_E_EXISTS;
	else if (o->backends != NULL && o->backends->n >= BALANCE_MAX)
		r = OUTPUT_E_FULL;
	else
		r = copy(&next, o->backends, 1, NULL);
	if (r == 0) {
		backend_list_add(next, &b);
		backend_list_publish(&o->backends, next);
	}
	pthread_mutex_unlock(&o->editing);
	if (r != 0) {
		backend_put(b);
		return r;
	}
	stop_nudge(&head->stop);
	tell(o, s->url, "added", s->weight != 0 ? s->weight : 1);
	return 0;
}

int output_backend_remove(struct output *head, const char *url)
{
	struct remote_output *o = remote_of(head);
	struct backend_list *next;
	struct backend *b;
	int r = OUTPUT_E_NO_BACKEND;

	if (o == NULL)
		return r;
	pthread_mutex_lock(&o->editing);
	b = backend_list_find(o->backends, url);
	if (b != NULL)
		r = copy(&next, o->backends, 0, b);
	if (r == 0) {
		/* who has picked it already does not enter any more */
		atomic_store(&b->draining, true);
		backend_list_publish(&o->backends, next);
	}
	pthread_mutex_unlock(&o->editing);
	if (r == 0) {
		let_go(o);
		tell(o, url, "removed", 0);
	}
	return r;
}

/* Return: a reference on the one with that URL, or NULL. */
static struct backend *hold_one(struct output *head, const char *url)
{
	struct remote_output *o = remote_of(head);
	struct backend *b = NULL;

	if (o == NULL)
		return NULL;
	rcu_reading_start();
	b = backend_list_find(rcu_get(o->backends), url);
	if (b != NULL)
		backend_get(b);
	rcu_reading_end();
	return b;
}

static void changed(struct output *head, struct backend *b, const char *what)
{
	stop_nudge(&head->stop);
	tell(remote_of(head), b->base, what, atomic_load(&b->weight));
	backend_put(b);
}

int output_backend_drain(struct output *head, const char *url)
{
	struct backend *b = hold_one(head, url);

	if (b == NULL)
		return OUTPUT_E_NO_BACKEND;
	atomic_store(&b->draining, true);
	changed(head, b, "draining");
	return 0;
}

int output_backend_enable(struct output *head, const char *url, bool enabled)
{
	struct backend *b = hold_one(head, url);

	if (b == NULL)
		return OUTPUT_E_NO_BACKEND;
	atomic_store(&b->disabled, !enabled);
	if (enabled)
		atomic_store(&b->draining, false);
	changed(head, b, enabled ? "enabled" : "disabled");
	return 0;
}

int output_backend_weigh(struct output *head, const char *url, unsigned weight)
{
	struct backend *b = hold_one(head, url);

	if (b == NULL)
		return OUTPUT_E_NO_BACKEND;
	atomic_store(&b->weight, weight != 0 ? weight : 1);
	changed(head, b, "weighed");
	return 0;
}

/* The list a reload wants: backends that stay, and new ones. */
static int make_next(struct remote_output *o, const struct backend_settings *s,
	size_t n, struct backend_list **next)
{
	int r = n <= BALANCE_MAX ? backend_list_new(next, n) : OUTPUT_E_FULL;

	for (size_t i = 0; r == 0 && i < n; i++) {
		struct backend *b = backend_list_find(o->backends, s[i].url);

		if (backend_list_find(*next, s[i].url) != NULL)
			return OUTPUT_E_EXISTS;
		/* one that is reached in another way now is another one */
		if (b != NULL && b->print == remote_output_print(o, &s[i]))
			backend_get(b);
		else
			r = remote_output_backend(o, &s[i], &b);
		if (r == 0)
			backend_list_add(*next, &b);
	}
	return r;
}

/* The list is as wanted: what those in it, and those no more, are told. */
static void settle_next(struct remote_output *o,
	const struct backend_settings *s, const struct backend_list *next)
{
	const struct backend_list *former = o->backends;

	for (size_t i = 0; former != NULL && i < former->n; i++)
		if (backend_list_find(next, former->of[i]->base) !=
			former->of[i])
			atomic_store(&former->of[i]->draining, true);
	for (size_t i = 0; i < next->n; i++) {
		atomic_store(&next->of[i]->weight,
			s[i].weight != 0 ? s[i].weight : 1);
		atomic_store(&next->of[i]->disabled, !s[i].enabled);
		atomic_store(&next->of[i]->draining, false);
	}
}

int output_backends_set(
	struct output *head, const struct backend_settings *s, size_t n)
{
	struct remote_output *o = remote_of(head);
	struct backend_list *next = NULL;
	int r;

	if (o == NULL)
		return OUTPUT_E_URL;
	pthread_mutex_lock(&o->editing);
	r = make_next(o, s, n, &next);
	if (r == 0) {
		settle_next(o, s, next);
		backend_list_publish(&o->backends, next);
	} else {
		backend_list_free(next);
	}
	pthread_mutex_unlock(&o->editing);
	if (r == 0) {
		let_go(o);
		stop_nudge(&head->stop);
	}
	return r;
}
