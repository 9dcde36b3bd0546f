/*
 * Health thread: looks after an output's backends besides real requests.
 *
 * It asks each how it is (probe.h), looks which one stands out from the others
 * (outlier.h), and tends their pools.  What it finds goes into the backends,
 * where senders see it; it holds nobody up.
 *
 * One an output: so it ends with its output, and needs no list of outputs.
 */
#ifndef TAPFERRY_DELIVER_HEALTH_THREAD_H
#define TAPFERRY_DELIVER_HEALTH_THREAD_H

struct remote_output;
struct health_thread;

/*
 * health_thread_start() - for the output's backends of now and later
 * @o:  lent until health_thread_free()
 * Return: 0, -ENOMEM, or -errno of thread_start().
 */
int health_thread_start(struct health_thread **tp, struct remote_output *o);

/* Ends it at once and joins it; NULL is fine. */
struct health_thread *health_thread_free(struct health_thread *t); /* NULL */

#endif
