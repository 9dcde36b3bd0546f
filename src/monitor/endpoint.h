/*
 * Endpoint: requests to the monitor, and their answers.  Inside the room only.
 */
#ifndef TAPFERRY_MONITOR_ENDPOINT_H
#define TAPFERRY_MONITOR_ENDPOINT_H

#include <microhttpd.h>

#include "monitor/census.h"
#include "monitor/history.h"
#include "monitor/monitor.h"
#include "monitor/page.h"

/* owner: the monitor's thread */
struct endpoint {
	const struct monitor_view *view;         /* const */
	const struct monitor_settings *settings; /* const */
	struct page page;                        /* const after start */
	struct history history;
	struct census census;
};

/*
 * endpoint_init() - endpoint_deinit() is due in both cases
 * Return: 0 or -errno.
 */
int endpoint_init(struct endpoint *e, const struct monitor_settings *settings,
	const struct monitor_view *view);
void endpoint_deinit(struct endpoint *e);

/* An MHD_AccessHandlerCallback; cls is the endpoint. */
enum MHD_Result endpoint_serve(void *cls, struct MHD_Connection *c,
	const char *url, const char *method, const char *version,
	const char *upload, size_t *upload_size, void **request);

#endif
