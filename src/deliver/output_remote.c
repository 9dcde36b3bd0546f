/*
 * Outputs that speak HTTP: senders that share one list of backends.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "deliver/acker.h"
#include "deliver/remote_output.h"
#include "deliver/remote_target.h"
#include "deliver/warmer.h"

uint64_t remote_output_print(
	const struct remote_output *o, const struct backend_settings *s)
{
	struct access_settings merged =
		access_merge(&s->access, &o->head.settings->remote.access);

	return access_print(&merged);
}

int remote_output_backend(struct remote_output *o,
	const struct backend_settings *s, struct backend **bp)
{
	struct buf text = BUF_NULL;
	struct backend *b = NULL;
	char *url = NULL;
	int r = o->collector->url(&text, s->url);

	if (r > 0)
		r = OUTPUT_E_URL;
	if (r == 0 && (url = buf_take(&text)) == NULL)
		r = -ENOMEM;
	if (r == 0)
		r = backend_new(&b, &url, s, o->head.settings->remote.senders);
	if (r == 0)
		r = remote_target_new(&b->target, o->head.settings, s, b->url);
	if (r == 0) {
		b->print = remote_output_print(o, s);
		*bp = b;
	} else if (b != NULL) {
		backend_put(b);
	}
	free(url);
	buf_deinit(&text);
	return r;
}

static int make_backends(
	struct remote_output *o, const struct remote_settings *s)
{
	int r = output_backends_set(&o->head, s->backends, s->n_backends);

	/* the configuration has been checked for the rest */
	return r > 0 ? -EINVAL : r;
}

static int make_senders(
	struct remote_output *o, const struct remote_settings *s)
{
	int r = 0;

	o->senders = calloc(s->senders, sizeof(*o->senders));
	if (o->senders == NULL)
		return -ENOMEM;
	if (output_collector(o->head.settings->type)->ack != NULL)
		r = acker_new(&o->acker, &o->head, s->senders);
	for (; r == 0 && o->n < s->senders; o->n += r == 0)
		r = sender_init(&o->senders[o->n], &o->head, &o->backends,
			o->acker, o->n);
	if (r == 0)
		r = acker_start(o->acker);
	for (unsigned i = 0; r == 0 && i < o->n; i++)
		r = sender_start(&o->senders[i]);
	return r;
}

static void remote_output_free(struct output *head)
{
	struct remote_output *o = (struct remote_output *)head;

	for (unsigned i = 0; i < o->n; i++)
		sender_deinit(&o->senders[i]);
	free(o->senders);
	o->warmer = warmer_free(o->warmer);
	o->health = health_thread_free(o->health);
	acker_free(o->acker);
	backend_list_publish(&o->backends, NULL);
	pthread_mutex_destroy(&o->editing);
	output_deinit(head);
	free(o);
}

static int remote_output_start(struct output **op,
	const struct output_settings *settings, struct feed *feed, char *error,
	size_t cap)
{
	const struct remote_settings *s = &settings->remote;
	struct remote_output *o;
	int r;

	error[0] = '\0';
	if (s->access.tls_ca != NULL && access(s->access.tls_ca, R_OK) != 0) {
		r = -errno;
		snprintf(error, cap,
			"output %s: tls.ca %s cannot be read: %s; give a PEM "
			"file that this user may read",
			feed->settings.name, s->access.tls_ca, strerror(-r));
		return r;
	}
	o = calloc(1, sizeof(*o));
	r = o != NULL ? http_init() : -ENOMEM;
	if (r == 0)
		r = -pthread_mutex_init(&o->editing, NULL);
	if (r == 0)
		r = output_init(&o->head, &output_kind_remote, settings, feed);
	if (r != 0) {
		free(o);
		goto out;
	}
	o->collector = output_collector(settings->type);
	r = output_start_keeper(settings, feed, error, cap);
	if (r == 0)
		r = make_backends(o, s);
	if (r == 0)
		r = make_senders(o, s);
	if (r == 0)
		r = health_thread_start(&o->health, o);
	if (r == 0 && s->pool.enabled && s->pool.min_idle > 0)
		r = warmer_start(&o->warmer, o);
	if (r == 0) {
		*op = &o->head;
		return 0;
	}
	/* senders that have started leave; the feed stays for another try */
	output_halt(&o->head, 0);
	remote_output_free(&o->head);
out:
	if (error[0] != '\0') /* the keeper's */
		return r;
	if (r == -EINVAL)
		snprintf(error, cap,
			"output %s: the token contains a control character or "
			"a url is wrong",
			feed->settings.name);
	else
		snprintf(error, cap, "output %s: %s", feed->settings.name,
			strerror(-r));
	return r;
}

const struct output_kind output_kind_remote = {
	.start = remote_output_start,
	.free = remote_output_free,
};
