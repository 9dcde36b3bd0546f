/*
 * Probe: one health check under way, by libcurl's multi interface: many at a
 * time, and none waits for another.
 *
 * Owner: the health thread.
 */
#ifndef TAPFERRY_DELIVER_PROBE_H
#define TAPFERRY_DELIVER_PROBE_H

#include <curl/curl.h>

#include "deliver/backend.h"

struct probe;

/*
 * probe_start() - ask a backend how it is
 * @b:      a reference is taken until probe_free()
 * @multi:  where it runs
 *
 * Return: 0 or -ENOMEM.
 */
int probe_start(struct probe **pp, CURLM *multi, struct backend *b,
	const struct output_settings *o);

/* The probe that libcurl has a message about. */
struct probe *probe_of(CURL *curl);

struct backend *probe_backend(const struct probe *p); /* lent */

/* What came of it.  Once, with libcurl's result. */
void probe_judge(const struct probe *p, CURLcode result,
	const struct output_settings *o, struct health_verdict *v);

/* Ended or not. */
struct probe *probe_free(struct probe *p); /* NULL */

#endif
