#include "collector/url.h"

#include <errno.h>
#include <string.h>
#include <strings.h>

int url_from_curl(CURLUcode code)
{
	switch (code) {
	case CURLUE_OK:
		return 0;
	case CURLUE_OUT_OF_MEMORY:
		return -ENOMEM;
	case CURLUE_BAD_SCHEME:
	case CURLUE_UNSUPPORTED_SCHEME:
		return URL_E_SCHEME;
	default:
		return URL_E_HOST;
	}
}

int url_parse(CURLU **up, const char *text)
{
	const char *host = NULL;
	char *user = NULL;
	CURLU *u;
	int r;

	if (strncasecmp(text, "http://", 7) == 0)
		host = text + 7;
	else if (strncasecmp(text, "https://", 8) == 0)
		host = text + 8;
	if (host == NULL)
		return URL_E_SCHEME;
	if (*host == '/' || *host == '\0') /* libcurl would look further on */
		return URL_E_HOST;
	u = curl_url();
	if (u == NULL)
		return -ENOMEM;
	r = url_from_curl(curl_url_set(u, CURLUPART_URL, text, 0));
	if (r == 0 &&
		curl_url_get(u, CURLUPART_USER, &user, 0) != CURLUE_NO_USER)
		r = URL_E_HOST;
	curl_free(user);
	if (r == 0)
		*up = u;
	else
		curl_url_cleanup(u);
	return r;
}

int url_check(const char *text)
{
	CURLU *u = NULL;
	int r = url_parse(&u, text);

	curl_url_cleanup(u);
	return r;
}

void url_quote(struct buf *out, const char *text)
{
	static const char mask[] = "********";
	const char *start = strstr(text, "://"), *at = strrchr(text, '@');
	size_t len;

	start = start != NULL ? start + 3 : text;
	if (at != NULL && at >= start) {
		/* a password may have any octet in it, unescaped by mistake */
		buf_printf(out, "%.*s%s", (int)(start - text), text, mask);
		text = at;
	}
	len = strcspn(text, "?");
	buf_printf(out, "%.*s%s", (int)len, text, text[len] == '\0' ? "" : "?");
	if (text[len] != '\0')
		buf_add_str(out, mask);
}

const char *url_error_text(int error)
{
	switch (error) {
	case URL_E_SCHEME:
		return "must start with http:// or https://";
	case URL_E_HOST:
		return "needs a host and at most a port in front of the path "
		       "(no user or password: the token goes into token_file)";
	case URL_E_QUERY:
		return "must not have a query (?) or fragment (#)";
	case URL_E_FRAGMENT:
		return "must not have a fragment (#), which is never sent";
	case URL_E_ENDPOINT:
		return "is an endpoint of HEC that does not take events as "
		       "JSON: end it with /services/collector/event";
	default:
		return "is no good URL";
	}
}
