/*
 * Collect_faults: the faults in force, which can be changed while they are,
 * and what they do to a connection.
 */
#ifndef TAPFERRY_LOAD_COLLECT_FAULTS_H
#define TAPFERRY_LOAD_COLLECT_FAULTS_H

#include <microhttpd.h>
#include <pthread.h>

#include "base/slice.h"
#include "load/faults.h"

struct collect_faults {
	pthread_mutex_t lock;
	/* guarded: lock */
	struct faults rules;
	uint64_t number; /* requests that came since the rules did */
};

void collect_faults_init(struct collect_faults *f, const struct faults *rules);
void collect_faults_deinit(struct collect_faults *f);

/* What befalls the request whose headers have come.  Any thread. */
struct fault collect_faults_pick(struct collect_faults *f,
	struct MHD_Connection *connection, enum compression coding);

/*
 * collect_faults_set() - other rules from the next request on, which is
 * number 1 again
 * @spec:  the text of a request's body; a newline behind it is no part of it
 *
 * Any thread.  Return: 0 or FAULTS_E_*; then those there were stay.
 */
int collect_faults_set(struct collect_faults *f, struct slice spec);

/* Are there any rules?  Any thread. */
bool collect_faults_any(struct collect_faults *f);

/* Closing the connection will reset it. */
void connection_reset(struct MHD_Connection *connection);

/* The peer reads an end, and may go on writing. */
void connection_half_close(struct MHD_Connection *connection);

#endif
