/*
 * Rdata_common: record data of the commonest types as text.
 *
 * Addresses, names, SOA and RRSIG are nearly all that a resolver's answers
 * carry.  They are written here, to the same text as libknot's (which formats
 * them with printf, in 80 to 700 ns each); rdata_text.h has the rest.
 */
#ifndef TAPFERRY_EVENT_RDATA_COMMON_H
#define TAPFERRY_EVENT_RDATA_COMMON_H

#include "event/json.h"
#include "event/mnemonic.h"
#include "wire/dns.h"

enum {
	RDATA_COMMON_E_OTHER = 1, /* not written here: ask libknot */
	RDATA_COMMON_E_BROKEN,    /* the data does not have its type's format */
};

/*
 * rdata_common_write() - the inside of a JSON string
 * Return: 0, or RDATA_COMMON_E_*; nothing is written then.
 */
int rdata_common_write(struct json *j, const struct mnemonics *words,
	struct slice msg, const struct dns_record *r);

#endif
