/*
 * Page: the status page, one HTML file that the build puts into the program
 * (page.html).
 *
 * Its scripts draw from /status, /history and /connections; who has none gets
 * the numbers as tables, written into the page when it is asked for.  The
 * policy that goes with it allows the one style and the one script that are in
 * the file, by their digests, and requests to where the page came from.
 */
#ifndef TAPFERRY_MONITOR_PAGE_H
#define TAPFERRY_MONITOR_PAGE_H

#include "base/slice.h"
#include "monitor/snapshot.h"

struct page {
	struct slice before, after; /* of where the tables go; const */
	char policy[512];           /* Content-Security-Policy */
};

/* Return: 0, or -EINVAL: page.html is not as it must be. */
int page_init(struct page *p);

void page_write(
	const struct page *p, const struct snapshot *s, struct buf *out);

#endif
