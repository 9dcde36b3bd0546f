/* The URL of a proxy. */
#include <curl/curl.h>
#include <string.h>
#include <strings.h>

#include "control/setting_text.h"

static const char *const schemes[] = { "http", "https", "socks4", "socks4a",
	"socks5", "socks5h" };

static bool has_scheme(const char *text)
{
	size_t len = strcspn(text, ":");

	for (size_t i = 0; i < sizeof(schemes) / sizeof(schemes[0]); i++)
		if (strlen(schemes[i]) == len &&
			strncasecmp(text, schemes[i], len) == 0 &&
			strncmp(text + len, "://", 3) == 0 &&
			text[len + 3] != '\0')
			return true;
	return false;
}

/* Has it that part, and a good one?  Return: as curl_url_get(). */
static CURLUcode look_at(CURLU *u, CURLUPart part, bool *has)
{
	char *text = NULL;
	CURLUcode r = curl_url_get(u, part, &text,
		part == CURLUPART_USER || part == CURLUPART_PASSWORD
			? CURLU_URLDECODE
			: 0);

	*has = r == CURLUE_OK && text[0] != '\0' && strcmp(text, "/") != 0;
	if (text != NULL)
		explicit_bzero(text, strlen(text));
	curl_free(text);
	return r;
}

/* libcurl has a proxy at a unix socket: socks5h://localhost/path. */
static bool may_have_path(const char *text)
{
	return strncasecmp(text, "socks", 5) == 0;
}

static bool is_good(CURLU *u, const char *text)
{
	bool has;
	CURLUcode user, password;

	if (curl_url_set(u, CURLUPART_URL, text, CURLU_NON_SUPPORT_SCHEME) !=
		CURLUE_OK)
		return false;
	user = look_at(u, CURLUPART_USER, &has);
	password = look_at(u, CURLUPART_PASSWORD, &has);
	if ((user != CURLUE_OK && user != CURLUE_NO_USER) ||
		(password != CURLUE_OK && password != CURLUE_NO_PASSWORD))
		return false;
	if (look_at(u, CURLUPART_HOST, &has) != CURLUE_OK || !has)
		return false;
	look_at(u, CURLUPART_PATH, &has);
	if (has && !may_have_path(text))
		return false;
	return look_at(u, CURLUPART_QUERY, &has) == CURLUE_NO_QUERY &&
	       look_at(u, CURLUPART_FRAGMENT, &has) == CURLUE_NO_FRAGMENT;
}

/* libcurl finds fault with a proxy at the first request only, and would then
 * quote all of it. */
const char *setting_proxy_problem(const char *text)
{
	CURLU *u;
	bool good;

	if (strstr(text, SECRET_MASK) != NULL)
		return "has the mask that --print-config prints: put the "
		       "user and password there";
	if (!has_scheme(text))
		return "must be the URL of a proxy: http://, https://, "
		       "socks4://, socks4a://, socks5:// or socks5h://, then "
		       "its host and port";
	u = curl_url();
	/* without memory it is judged when it is used */
	good = u == NULL || is_good(u, text);
	curl_url_cleanup(u);
	return good ? NULL
		    : "has no good host and port behind its scheme, or more "
		      "than those: user and password, if it takes them, come "
		      "in front, as user:password@, with %2F for /, %23 for "
		      "#, %3A for : and %40 for @ in them";
}
