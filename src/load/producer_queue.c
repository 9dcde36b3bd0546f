#include "load/producer_queue.h"

void producer_queue_init(struct producer_queue *q)
{
	TAILQ_INIT(&q->list);
	q->n = 0;
}

void producer_queue_leave(struct producer *p)
{
	if (p->queue == NULL)
		return;
	TAILQ_REMOVE(&p->queue->list, p, turn);
	p->queue->n--;
	p->queue = NULL;
}

void producer_queue_enter(struct producer_queue *q, struct producer *p)
{
	if (p->queue == q)
		return;
	producer_queue_leave(p);
	TAILQ_INSERT_TAIL(&q->list, p, turn);
	q->n++;
	p->queue = q;
}

struct producer *producer_queue_first(const struct producer_queue *q)
{
	return TAILQ_FIRST(&q->list);
}
