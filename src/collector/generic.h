/*
 * Generic: any HTTP endpoint that takes events as they are, a JSON object a
 * line (NDJSON) or one JSON array.
 *
 * The URL is posted to as it was written.  The reply table is protocols.md's
 * "Generic HTTP (NDJSON)": the status alone counts.
 */
#ifndef TAPFERRY_COLLECTOR_GENERIC_H
#define TAPFERRY_COLLECTOR_GENERIC_H

#include "collector/collector.h"
#include "collector/url.h"

/* generic_judge() - what a reply means; pure. */
void generic_judge(
	struct verdict *v, const struct request *rq, const struct reply *rp);

#endif
