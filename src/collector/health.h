/*
 * Health: how a collector product says whether it is well.
 *
 * deliver/ asks now and then, besides real requests; what to ask and what the
 * reply means is here.  Pure.
 */
#ifndef TAPFERRY_COLLECTOR_HEALTH_H
#define TAPFERRY_COLLECTOR_HEALTH_H

#include <stdbool.h>

#include "base/buf.h"
#include "collector/verdict.h"

enum health_sign {
	HEALTH_WELL = 0,
	HEALTH_ILL,     /* or it cannot be reached */
	HEALTH_GONE,    /* it says itself that it takes nothing now */
	HEALTH_REFUSED, /* it is well, but refuses us until that is mended */
	HEALTH_UNKNOWN, /* the reply says nothing about it */
};

struct health_verdict {
	enum health_sign sign;
	char reason[96]; /* as in struct verdict */
};

struct collector_health {
	/*
	 * The URL to ask, from the one that is posted to.
	 * Return: 0 with it appended to `url`, or -ENOMEM.
	 */
	int (*url)(struct buf *url, const char *post);
	/* @ack:  acknowledgements are wanted */
	void (*judge)(
		struct health_verdict *v, const struct reply *rp, bool ack);
};

/*
 * health_judge_status() - a reply that only its status tells about
 * @wanted:  the status of one that is well; 0: any 2xx
 */
void health_judge_status(
	struct health_verdict *v, long status, unsigned wanted);

/*
 * health_path() - another path at the same host, without a query
 * Return: 0 with it appended to `url`, or -ENOMEM.
 */
int health_path(struct buf *url, const char *post, const char *path);

extern const struct collector_health hec_health;

#endif
