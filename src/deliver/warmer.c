#include "deliver/warmer.h"

#include <assert.h>
#include <errno.h>
#include <stdlib.h>

#include "base/clock.h"
#include "deliver/http.h"
#include "deliver/remote_output.h"

enum { WARMER_MAGIC = 0x7761726d };

#define LOOK_NS NS_PER_S

struct warmer {
	unsigned magic;
	struct remote_output *output; /* const after start */
	struct stop stop;             /* of this thread alone */
	struct http *http;            /* owner: the thread */
	struct thread thread;
};

static void run(void *arg)
{
	struct warmer *w = arg;
	struct backend *of[BALANCE_MAX];

	assert(w->magic == WARMER_MAGIC);
	while (!stop_is_over(&w->stop)) {
		size_t n = remote_output_hold(w->output, of);

		for (size_t i = 0; i < n; i++) {
			uint64_t now = clock_mono_ns(&clock_system);

			/* only to those that answer */
			if (!stop_is_over(&w->stop) &&
				backend_usable(of[i], now))
				pool_warm(of[i]->target->pool, w->http);
			backend_put(of[i]);
		}
		stop_pause(&w->stop, false,
			clock_mono_ns(&clock_system) + LOOK_NS);
	}
}

int warmer_start(struct warmer **wp, struct remote_output *o)
{
	struct warmer *w = calloc(1, sizeof(*w));
	int r;

	if (w == NULL)
		return -ENOMEM;
	r = stop_init(&w->stop);
	if (r != 0) {
		free(w);
		return r;
	}
	w->magic = WARMER_MAGIC;
	w->output = o;
	r = http_new(&w->http, &w->stop, (struct pool_holder){ "warmer", 0 });
	if (r == 0)
		r = thread_start(&w->thread, "warmer", run, w);
	if (r != 0)
		w = warmer_free(w);
	*wp = w;
	return r;
}

struct warmer *warmer_free(struct warmer *w)
{
	if (w == NULL)
		return NULL;
	stop_now(&w->stop);
	thread_join(&w->thread);
	w->http = http_free(w->http);
	stop_deinit(&w->stop);
	free(w);
	return NULL;
}
