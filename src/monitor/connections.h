/*
 * Connections: GET /connections, written a piece at a time.
 *
 * The list is fixed when the request comes: ids and rates, in order.  What is
 * said of each connection is read when its turn comes; one that has gone by
 * then is left out.  So a piece is all that is ever held of the answer.
 */
#ifndef TAPFERRY_MONITOR_CONNECTIONS_H
#define TAPFERRY_MONITOR_CONNECTIONS_H

#include <sys/types.h>

#include "monitor/census.h"
#include "monitor/jbuf.h"
#include "monitor/view.h"

enum {
	CONNECTIONS_LIMIT_DEFAULT = 1000,
	CONNECTIONS_LIMIT_MAX = 100000,
};

struct connections; /* an answer under way */

/*
 * connections_new() - an answer to be read with connections_read()
 * @list:  taken on success
 * Return: 0 or -ENOMEM.
 */
int connections_new(struct connections **cp, const struct monitor_view *v,
	struct census_list *list, uint64_t mono_ns);
struct connections *connections_free(struct connections *c); /* NULL */

/*
 * connections_read() - the next octets of the answer
 * Return: how many, 0: that was all, -ENOMEM.  Thread: the monitor's.
 */
ssize_t connections_read(struct connections *c, char *into, size_t max);

#endif
