/*
 * Rdata_text: a record's data as text, the inside of a JSON string.
 *
 * The presentation format of the RFCs, by libknot; addresses and data that is
 * one name, which are most of what passes, are written here, to the same text.
 * Types without a format of their own, and data that is broken, as RFC 3597
 * has them: "\# 4 0a000001".
 */
#ifndef TAPFERRY_EVENT_RDATA_TEXT_H
#define TAPFERRY_EVENT_RDATA_TEXT_H

#include <stdbool.h>

#include "event/json.h"
#include "wire/dns.h"

/* Scratch for what libknot writes; one per thread. */
struct rdata_text;

/* Return: 0 or -ENOMEM. */
int rdata_text_new(struct rdata_text **tp);
struct rdata_text *rdata_text_free(struct rdata_text *t); /* NULL */

/*
 * rdata_write() - the data of a record of this message
 *
 * Return: false when the data is broken.
 */
bool rdata_write(struct rdata_text *t, struct json *j, struct slice msg,
	const struct dns_record *r);

#endif
