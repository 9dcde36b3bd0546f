/*
 * Warmer: the thread that keeps pool.min_idle connections open to each backend.
 *
 * A thread of its own: to connect may take as long as connect_timeout, and
 * health checks do not wait for that.
 */
#ifndef TAPFERRY_DELIVER_WARMER_H
#define TAPFERRY_DELIVER_WARMER_H

struct warmer;
struct remote_output;

/*
 * warmer_start() - for an output that wants idle connections
 * @o:  lent until warmer_free()
 *
 * Return: 0 or -errno.
 */
int warmer_start(struct warmer **wp, struct remote_output *o);

/* Ends the thread, within about a second; frees. */
struct warmer *warmer_free(struct warmer *w); /* NULL */

#endif
