/*
 * Ledger: where the events of one output went.
 *
 *	received + recovered = delivered + filtered + dropped + dead_lettered
 *			     + in_memory + in_spool
 *
 * recovered are events of an earlier run, which its ledger had in_spool or
 * dead_lettered.  in_memory is counted in the batches themselves and in_spool
 * in the files' headers, so the sum is a check and no tautology.
 */
#ifndef TAPFERRY_DELIVER_LEDGER_H
#define TAPFERRY_DELIVER_LEDGER_H

#include <stdbool.h>
#include <stdint.h>

#include "base/stat.h"
#include "event/feed.h"

struct ledger {
	uint64_t received;
	uint64_t recovered;
	uint64_t delivered;
	uint64_t filtered;
	uint64_t dropped; /* all reasons, the intake's included */
	uint64_t dead_lettered;
	uint64_t in_memory;
	uint64_t in_spool;
};

/*
 * ledger_read() - a snapshot; while events flow, its two sides may differ by
 * what is on its way between two counters
 * Any thread.
 */
void ledger_read(
	struct ledger *l, const struct stat_set *intake, struct feed *f);

/*
 * ledger_read_all() - of all the output's feeds since the start, those that
 * reloads have replaced included (event/past.h)
 * What one of them left on disk and the next has found there is no recovered
 * event: it came in in this run.  Thread: main, or while main changes nothing.
 */
void ledger_read_all(
	struct ledger *l, const struct stat_set *intake, struct feed *f);

/* What came in minus where it is; 0: the ledger is closed. */
int64_t ledger_difference(const struct ledger *l);
bool ledger_closed(const struct ledger *l);

/* Is that counter a reason for losing events? */
bool ledger_is_drop(const struct stat_desc *d);

#endif
