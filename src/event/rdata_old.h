/*
 * Rdata_old: the data of record types that libknot has no text for.
 *
 * WKS (RFC 1035), X25 and ISDN (RFC 1183), NSAP (RFC 1706), GPOS (RFC 1712),
 * PX (RFC 2163), and AMTRELAY (RFC 8777), which is not old but newer.
 */
#ifndef TAPFERRY_EVENT_RDATA_OLD_H
#define TAPFERRY_EVENT_RDATA_OLD_H

#include "event/json.h"
#include "wire/dns.h"

enum {
	RDATA_OLD_E_OTHER = 1, /* not one of these types, or a kind of one that
				  has no text; nothing was written */
	RDATA_OLD_E_BROKEN,    /* nothing was written */
};

/* Return: 0 or RDATA_OLD_E_*. */
int rdata_old_write(
	struct json *j, struct slice msg, const struct dns_record *r);

#endif
