/*
 * Rdata_text: a record's data as text, the inside of a JSON string.
 *
 * The presentation format of the RFCs: the commonest types by rdata_common, all
 * others by libknot.  Types without a format of their own, and data that is
 * broken, as RFC 3597 has them: "\# 4 0a000001".
 */
#ifndef TAPFERRY_EVENT_RDATA_TEXT_H
#define TAPFERRY_EVENT_RDATA_TEXT_H

#include <stdbool.h>

#include "event/json.h"
#include "event/mnemonic.h"
#include "wire/dns.h"

/* Scratch for what libknot writes; one per thread. */
struct rdata_text;

/* @words:  lent until rdata_text_free().  Return: 0 or -ENOMEM. */
int rdata_text_new(struct rdata_text **tp, const struct mnemonics *words);
struct rdata_text *rdata_text_free(struct rdata_text *t); /* NULL */

/*
 * rdata_write() - the data of a record of this message
 *
 * Return: false when the data is broken.
 */
bool rdata_write(struct rdata_text *t, struct json *j, struct slice msg,
	const struct dns_record *r);

#endif
