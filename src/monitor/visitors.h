/*
 * Visitors: the connections to the monitor, and how long each has taken to ask.
 *
 * The library cuts off who is quiet.  One that sends an octet of its request
 * now and then is not, and would keep its place from those who ask: a request
 * must be whole within the time, from the connection or the answer before it
 * on.
 */
#ifndef TAPFERRY_MONITOR_VISITORS_H
#define TAPFERRY_MONITOR_VISITORS_H

#include <microhttpd.h>
#include <urcu/list.h>

#include "base/clock.h"

/* owner: the monitor's thread, once it runs */
struct visitors {
	const struct clock *clock; /* const */
	uint64_t timeout_ns;       /* const */
	struct cds_list_head all;
};

void visitors_init(
	struct visitors *v, const struct clock *clock, uint64_t timeout_ns);

/* For MHD_OPTION_NOTIFY_CONNECTION; cls is the visitors. */
void visitors_notify(void *cls, struct MHD_Connection *c, void **visitor,
	enum MHD_ConnectionNotificationCode what);

/* For MHD_OPTION_NOTIFY_COMPLETED, likewise: the next request may come. */
void visitors_answered(void *cls, struct MHD_Connection *c, void **request,
	enum MHD_RequestTerminationCode how);

/* There is an answer to the request of c: its time is the library's affair. */
void visitors_answer(struct MHD_Connection *c);

/* Cuts off whoever has not asked within the time; the library then closes. */
void visitors_cut_late(struct visitors *v);

#endif
