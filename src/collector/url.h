/*
 * Url: what every collector asks of the URL it is posted to.
 */
#ifndef TAPFERRY_COLLECTOR_URL_H
#define TAPFERRY_COLLECTOR_URL_H

#include <curl/curl.h>

#include "base/buf.h"

enum {
	URL_E_SCHEME = 1, /* neither http:// nor https:// */
	URL_E_HOST,       /* no good host, port or path, or user information */
	URL_E_QUERY,      /* a query or fragment, and there must be none */
	URL_E_FRAGMENT,   /* a fragment, which is never sent */
	URL_E_ENDPOINT,   /* of a collector's endpoints, but not for events */
};

/*
 * url_parse() - http:// or https:// with a host, and without a user
 * @up:  on 0; for curl_url_cleanup()
 *
 * Return: 0, URL_E_SCHEME, URL_E_HOST or -ENOMEM.
 */
int url_parse(CURLU **up, const char *text);

/* url_check() - whether url_parse() takes it; the same return. */
int url_check(const char *text);

/* Libcurl's code as URL_E_*, -ENOMEM or 0. */
int url_from_curl(CURLUcode code);

/*
 * url_quote() - a URL for a message that finds fault with it
 * Whatever may be a secret is a mask: user and password, and the query.
 */
void url_quote(struct buf *out, const char *text);

/* The words behind "URL ..." for URL_E_*. */
const char *url_error_text(int error);

#endif
