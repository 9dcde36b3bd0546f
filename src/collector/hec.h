/*
 * Hec: Splunk HTTP Event Collector.
 *
 * Requests go to /services/collector/event with `Authorization: Splunk TOKEN`;
 * bodies are concatenated event objects (event/encoder.h, ENVELOPE_HEC).
 * The reply table is protocols.md's, reply by reply.
 */
#ifndef TAPFERRY_COLLECTOR_HEC_H
#define TAPFERRY_COLLECTOR_HEC_H

#include "base/buf.h"
#include "collector/collector.h"
#include "collector/url.h"

/*
 * hec_url() - the URL that events are posted to
 * @base:  "https://host:8088", with or without a path; an URL that names a
 *         path below /services/collector already is taken as it is, a bare
 *         /services/collector becomes /services/collector/event, and any
 *         other path (none, or a proxy's prefix) gets that appended; other
 *         endpoints of HEC, such as /services/collector/raw, are refused
 * @url:   written on 0
 *
 * Return: 0, URL_E_*, or -ENOMEM.
 */
int hec_url(struct buf *url, const char *base);

/* hec_judge() - what a reply means; pure. */
void hec_judge(
	struct verdict *v, const struct request *rq, const struct reply *rp);

#endif
