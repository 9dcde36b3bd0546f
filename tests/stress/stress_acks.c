/*
 * Senders, an acker and a collector that forgets, on one ack table: every
 * event is settled, and none that no collector has; at the end nothing is
 * left.
 *
 * The collector is a model under a lock of its own: ids count from 0 in each
 * channel, an id is true once and only when its events are in, and now and
 * then it is restarted: it forgets the channels and what was not in yet.
 */
#include "deliver/ack_table.h"

#include "stress/stress.h"
#include "sync/thread.h"

enum { SENDERS = 3, BACKENDS = 2, PENDING = 6, EVENTS = 40, IDS = 4096 };

struct model_id {
	uint64_t channel; /* hash of its name */
	uint64_t id;
	unsigned batch;  /* its place in the pool */
	uint64_t events; /* a bit for each event of it */
	bool told;
};

/* One collector.  guarded: lock */
struct model {
	pthread_mutex_t lock;
	struct model_id ids[IDS];
	unsigned n;
	uint64_t restarts;
};

struct party {
	struct thread thread;
	unsigned index;
	uint64_t seed;
};

static struct model models[BACKENDS];
static struct backend *backends[BACKENDS];
static struct ack_table table;
static struct batch_pool pool;
static uint64_t end_ns;
static _Atomic unsigned running;
static _Atomic uint64_t settled, batches, again;
/* By place in the pool: the events of which a collector has said that they
 * are in. */
static _Atomic uint64_t in[PENDING + SENDERS + 1];

static uint64_t hash(const char *text)
{
	uint64_t h = UINT64_C(14695981039346656037);

	while (*text != '\0')
		h = (h ^ (uint8_t)*text++) * UINT64_C(1099511628211);
	return h;
}

static void on_acked(
	void *arg, struct backend *b, const struct batch *batch, uint32_t n)
{
	(void)arg;
	(void)b;
	(void)batch;
	atomic_fetch_add(&settled, n);
}

/* Return: the id, or VERDICT_NO_ACK when it has no room. */
static uint64_t model_take(
	struct model *m, uint64_t channel, const struct batch *b, uint32_t n)
{
	uint64_t id = 0, events = 0;

	for (uint32_t i = 0; i < n; i++)
		events |= UINT64_C(1) << b->data[b->first + i];
	pthread_mutex_lock(&m->lock);
	for (unsigned i = 0; i < m->n; i++)
		if (m->ids[i].channel == channel && m->ids[i].id >= id)
			id = m->ids[i].id + 1;
	if (m->n < IDS)
		m->ids[m->n++] = (struct model_id){ .channel = channel,
			.id = id,
			.batch = (unsigned)(b - pool.batches),
			.events = events };
	else
		id = VERDICT_NO_ACK;
	pthread_mutex_unlock(&m->lock);
	return id;
}

static void model_answer(
	struct model *m, struct ack_question *q, struct ack_verdict *v)
{
	uint64_t channel = hash(q->guid);

	*v = (struct ack_verdict){ 0 };
	pthread_mutex_lock(&m->lock);
	for (size_t k = 0; k < q->n; k++) {
		q->acked[k] = false;
		for (unsigned i = 0; i < m->n; i++) {
			struct model_id *d = &m->ids[i];

			if (d->channel != channel || d->id != q->ids[k] ||
				d->told)
				continue;
			d->told = true;
			atomic_fetch_or(&in[d->batch], d->events);
			q->acked[k] = true;
			v->n_acked++;
		}
	}
	pthread_mutex_unlock(&m->lock);
}

static void model_restart(struct model *m)
{
	pthread_mutex_lock(&m->lock);
	m->n = 0;
	m->restarts++;
	pthread_mutex_unlock(&m->lock);
}

static struct ack_claim *next(struct party *p)
{
	struct ack_claim *c = ack_table_again(&table);
	struct batch *b;

	if (c != NULL) {
		atomic_fetch_add(&again, 1);
		must(c->failed != NULL);
		return c;
	}
	if (!stress_goes_on(end_ns))
		return NULL;
	c = ack_table_reserve(&table);
	if (c == NULL) {
		ack_table_wait(
			&table, clock_mono_ns(&clock_system) +
					stress_random(&p->seed) % NS_PER_MS);
		return NULL;
	}
	b = batch_pool_get(&pool); /* claims are fewer than batches */
	must(b != NULL);
	for (b->events = 0; b->events < EVENTS; b->events++) {
		b->data[b->len++] = (uint8_t)b->events;
		b->ends[b->events] = (uint32_t)b->len;
	}
	atomic_store(&b->held, EVENTS);
	atomic_store(&in[b - pool.batches], 0);
	atomic_fetch_add(&batches, 1);
	ack_table_fill(&table, c, &b);
	return c;
}

static void deliver(struct party *p, struct ack_claim *c)
{
	struct batch *b = c->batch;

	must(batch_left(b) == atomic_load(&b->held));
	while (batch_left(b) > 0 && !ack_claim_is_full(c)) {
		unsigned at = (unsigned)(stress_random(&p->seed) % BACKENDS);
		uint64_t dice = stress_random(&p->seed) % 16;
		uint32_t n =
			1 + (uint32_t)(stress_random(&p->seed) % batch_left(b));
		struct verdict v = { .action = VERDICT_DELIVERED };
		struct ack_posted posted;
		struct ack_post post;
		struct ack_reply reply = { .backend = backends[at],
			.verdict = &v,
			.claim = c,
			.events = { b->first, n } };

		ack_table_post(&table, backends[at],
			clock_mono_ns(&clock_system), &post);
		must(post.channel != NULL);
		/* a full channel takes nothing */
		v.ack_id = dice == 0 ? VERDICT_NO_ACK
				     : model_take(&models[at], hash(post.guid),
					       b, n);
		if (v.ack_id == VERDICT_NO_ACK) {
			v.action = VERDICT_CHANNEL;
		} else if (dice == 1) {
			v.action = VERDICT_RETRY; /* the reply is lost */
			reply.unanswered = true;
		} else if (dice == 2) {
			v.channel_full = true;
		}
		ack_table_posted(&table, &post, &reply,
			clock_mono_ns(&clock_system), &posted);
		if (posted.awaited)
			batch_pass(b, n);
	}
	ack_table_leave(&table, c, false);
}

static void send_all(void *arg)
{
	struct party *p = arg;

	while (stress_goes_on(end_ns) || !ack_table_is_idle(&table)) {
		struct ack_claim *c = next(p);

		if (c != NULL)
			deliver(p, c);
	}
	atomic_fetch_sub(&running, 1);
}

static void reap(void)
{
	struct batch *b;
	bool acked;

	while ((b = ack_table_reap(&table, &acked)) != NULL) {
		must(batch_left(b) == 0 && atomic_load(&b->held) == 0);
		must(acked);
		must(atomic_load(&in[b - pool.batches]) ==
			(UINT64_C(1) << EVENTS) - 1);
		batch_pool_put(&pool, &b);
	}
}

static void ask_all(void *arg)
{
	struct ack_question *q = malloc(sizeof(*q));
	struct party *p = arg;
	struct ack_verdict v;
	struct ack_loss loss;
	uint64_t wake;

	must(q != NULL);
	while (atomic_load(&running) > 0) {
		uint64_t now = clock_mono_ns(&clock_system);
		uint64_t dice = stress_random(&p->seed) % 512;
		unsigned at;

		if (!stress_goes_on(end_ns))
			ack_table_hurry(&table);
		if (dice == 0)
			model_restart(
				&models[stress_random(&p->seed) % BACKENDS]);
		while (ack_table_expire(&table, now, &loss))
			must(loss.events > 0);
		reap();
		if (!ack_table_ask(&table, now, q, &wake)) {
			sched_yield();
			continue;
		}
		at = q->backend == backends[0] ? 0 : 1;
		if (dice == 1)
			v = (struct ack_verdict){ .action = ACK_FAILED };
		else if (dice == 2)
			v = (struct ack_verdict){ .action = ACK_LOST };
		else
			model_answer(&models[at], q, &v);
		ack_table_answer(&table, q, &v, dice == 1,
			clock_mono_ns(&clock_system), &loss);
	}
	reap();
	free(q);
}

int main(void)
{
	const struct ack_settings settings = {
		.wanted = true,
		.interval_ns = NS_PER_MS,
		.timeout_ns = 20 * NS_PER_MS,
		.unreached_ns = 5 * NS_PER_MS,
		.max_pending = PENDING,
		.acked = on_acked,
	};
	struct party senders[SENDERS] = { 0 }, acker = { .seed = 99 };
	struct batch *left;

	end_ns = stress_end_ns();
	must(batch_pool_init(&pool, PENDING + SENDERS + 1, EVENTS, EVENTS) ==
		0);
	must(ack_table_init(&table, &settings, SENDERS) == 0);
	for (unsigned i = 0; i < BACKENDS; i++) {
		const struct backend_settings s = { .url = "http://model" };
		char *url = strdup("http://model");

		must(backend_new(&backends[i], &url, &s, 1) == 0);
		pthread_mutex_init(&models[i].lock, NULL);
	}
	atomic_store(&running, SENDERS);
	for (unsigned i = 0; i < SENDERS; i++) {
		senders[i].index = i;
		senders[i].seed = i + 1;
		must(thread_start(&senders[i].thread, "sender", send_all,
			     &senders[i]) == 0);
	}
	must(thread_start(&acker.thread, "acker", ask_all, &acker) == 0);
	for (unsigned i = 0; i < SENDERS; i++)
		thread_join(&senders[i].thread);
	thread_join(&acker.thread);
	left = ack_table_give_up(&table);
	must(left == NULL);
	must(batch_pool_held(&pool) == 0);
	must(settled == batches * EVENTS);
	printf("batches=%llu again=%llu restarts=%llu\n",
		(unsigned long long)batches, (unsigned long long)again,
		(unsigned long long)(models[0].restarts + models[1].restarts));
	must(batches > 0);
	ack_table_deinit(&table);
	for (unsigned i = 0; i < BACKENDS; i++) {
		backend_put(backends[i]);
		pthread_mutex_destroy(&models[i].lock);
	}
	batch_pool_deinit(&pool);
	return 0;
}
