#include "deliver/http.h"

#include <assert.h>
#include <curl/curl.h>
#include <errno.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <strings.h>

#include "base/buf.h"
#include "base/clock.h"

enum {
	HTTP_MAGIC = 0x68747470,
	UPLOAD_BUFFER = 512 * 1024, /* a batch goes out in a few writes */
	RETRY_AFTER_MAX = 64,       /* a date has 29 */
	KEY_LINE_MAX = 128,
};

struct http {
	unsigned magic;
	CURL *curl;
	struct curl_slist *plain; /* request headers */
	struct curl_slist *gzip;
	const struct stop *stop;
	size_t len;                        /* of body */
	char retry_after[RETRY_AFTER_MAX]; /* "": none */
	char error[CURL_ERROR_SIZE];
	uint8_t body[HTTP_REPLY_MAX];
};

static CURLcode global_result;

static void global_init(void)
{
	global_result = curl_global_init(CURL_GLOBAL_DEFAULT);
}

int http_init(void)
{
	static pthread_once_t once = PTHREAD_ONCE_INIT;

	pthread_once(&once, global_init);
	return global_result == CURLE_OK ? 0 : -EIO;
}

/* Keeps the start of the body; the rest is read too, or the connection could
 * not be used again. */
static size_t on_body(char *data, size_t size, size_t n, void *arg)
{
	struct http *h = arg;
	size_t room, take;

	assert(h->magic == HTTP_MAGIC);
	room = sizeof(h->body) - h->len;
	take = size * n < room ? size * n : room;
	memcpy(h->body + h->len, data, take);
	h->len += take;
	return size * n;
}

static size_t on_header(char *data, size_t size, size_t n, void *arg)
{
	static const char name[] = "Retry-After:";
	struct http *h = arg;
	size_t len = size * n, skip = sizeof(name) - 1;

	assert(h->magic == HTTP_MAGIC);
	if (len >= 5 && strncasecmp(data, "HTTP/", 5) == 0) {
		h->retry_after[0] = '\0'; /* that was an interim reply's */
		return len;
	}
	if (len <= skip || strncasecmp(data, name, skip) != 0)
		return len;
	while (len > skip && (data[len - 1] == '\r' || data[len - 1] == '\n'))
		len--;
	if (len - skip < sizeof(h->retry_after))
		snprintf(h->retry_after, sizeof(h->retry_after), "%.*s",
			(int)(len - skip), data + skip);
	return size * n;
}

static int on_progress(void *arg, curl_off_t dl_total, curl_off_t dl_now,
	curl_off_t ul_total, curl_off_t ul_now)
{
	struct http *h = arg;

	(void)dl_total;
	(void)dl_now;
	(void)ul_total;
	(void)ul_now;
	assert(h->magic == HTTP_MAGIC);
	if (!stop_is_over(h->stop))
		return 0;
#if LIBCURL_VERSION_NUM >= 0x075700 /* 7.87.0 */
	/* or it waits for a name server that does not answer */
	curl_easy_setopt(h->curl, CURLOPT_QUICK_EXIT, 1L);
#endif
	return 1;
}

/* Appends a header line; on failure the list is freed and NULL stays. */
static struct curl_slist *add(struct curl_slist *list, const char *line)
{
	struct curl_slist *longer = curl_slist_append(list, line);

	if (longer == NULL)
		curl_slist_free_all(list);
	return longer;
}

static struct curl_slist *headers_new(
	const struct http_settings *s, const char *encoding)
{
	struct curl_slist *list;
	struct buf line = BUF_NULL;

	/* without the empty Expect, libcurl waits for 100 Continue */
	list = add(NULL, "Expect:");
	buf_printf(&line, "Content-Type: %s", s->content_type);
	if (list != NULL && !line.failed)
		list = add(list, buf_str(&line));
	buf_clear(&line);
	if (s->token != NULL)
		buf_printf(&line, "Authorization: %s %s", s->auth_scheme,
			s->token);
	if (list != NULL && s->token != NULL && !line.failed)
		list = add(list, buf_str(&line));
	if (list != NULL && encoding != NULL)
		list = add(list, encoding);
	for (size_t i = 0;
		list != NULL && s->headers != NULL && i < s->headers->n; i++)
		list = add(list, s->headers->lines[i]);
	if (line.failed) {
		curl_slist_free_all(list);
		list = NULL;
	}
	buf_deinit(&line);
	return list;
}

static long ms(uint64_t ns)
{
	uint64_t value = (ns + NS_PER_MS - 1) / NS_PER_MS;

	return value < INT32_MAX ? (long)value : INT32_MAX;
}

static void configure(struct http *h, const struct http_settings *s)
{
	CURL *c = h->curl;

	curl_easy_setopt(c, CURLOPT_NOSIGNAL, 1L);
	curl_easy_setopt(c, CURLOPT_POST, 1L);
	if (s->put)
		curl_easy_setopt(c, CURLOPT_CUSTOMREQUEST, "PUT");
	curl_easy_setopt(c, CURLOPT_USERAGENT, "tapferry/" PACKAGE_VERSION);
	curl_easy_setopt(c, CURLOPT_ERRORBUFFER, h->error);
	curl_easy_setopt(c, CURLOPT_WRITEFUNCTION, on_body);
	curl_easy_setopt(c, CURLOPT_WRITEDATA, h);
	curl_easy_setopt(c, CURLOPT_HEADERFUNCTION, on_header);
	curl_easy_setopt(c, CURLOPT_HEADERDATA, h);
	curl_easy_setopt(c, CURLOPT_NOPROGRESS, 0L);
	curl_easy_setopt(c, CURLOPT_XFERINFOFUNCTION, on_progress);
	curl_easy_setopt(c, CURLOPT_XFERINFODATA, h);
	curl_easy_setopt(
		c, CURLOPT_CONNECTTIMEOUT_MS, ms(s->connect_timeout_ns));
	curl_easy_setopt(c, CURLOPT_TIMEOUT_MS, ms(s->request_timeout_ns));
	curl_easy_setopt(c, CURLOPT_TCP_KEEPALIVE, 1L);
	curl_easy_setopt(c, CURLOPT_UPLOAD_BUFFERSIZE, (long)UPLOAD_BUFFER);
	curl_easy_setopt(c, CURLOPT_MAXCONNECTS, (long)s->connections);
	/* "" turns off what http_proxy in the environment asks for */
	curl_easy_setopt(c, CURLOPT_PROXY, s->proxy != NULL ? s->proxy : "");
	if (s->tls_ca != NULL)
		curl_easy_setopt(c, CURLOPT_CAINFO, s->tls_ca);
	if (s->tls_insecure) {
		curl_easy_setopt(c, CURLOPT_SSL_VERIFYPEER, 0L);
		curl_easy_setopt(c, CURLOPT_SSL_VERIFYHOST, 0L);
	}
}

static bool fits_a_header(const char *text)
{
	for (; *text != '\0'; text++)
		if ((unsigned char)*text < 0x20 || *text == 0x7f)
			return false;
	return true;
}

int http_new(struct http **hp, const struct http_settings *s,
	const struct stop *stop)
{
	struct http *h;

	if ((s->token != NULL && !fits_a_header(s->token)) ||
		!fits_a_header(s->content_type))
		return -EINVAL;
	h = calloc(1, sizeof(*h));
	if (h == NULL)
		return -ENOMEM;
	h->magic = HTTP_MAGIC;
	h->stop = stop;
	h->curl = curl_easy_init();
	h->plain = headers_new(s, NULL);
	h->gzip = headers_new(s, "Content-Encoding: gzip");
	if (h->curl == NULL || h->plain == NULL || h->gzip == NULL) {
		http_free(h);
		return -ENOMEM;
	}
	configure(h, s);
	*hp = h;
	return 0;
}

struct http *http_free(struct http *h)
{
	if (h == NULL)
		return NULL;
	curl_easy_cleanup(h->curl);
	curl_slist_free_all(h->plain);
	curl_slist_free_all(h->gzip);
	free(h);
	return NULL;
}

int http_post(struct http *h, const char *url, struct slice body, bool gzip,
	const char *key, struct reply *reply)
{
	CURL *c = h->curl;
	char line[KEY_LINE_MAX];
	/* a list that begins here and goes on with the client's own */
	struct curl_slist keyed = { line, gzip ? h->gzip : h->plain };
	char *type = NULL;
	CURLcode code;

	*reply = (struct reply){ 0 };
	h->len = 0;
	h->retry_after[0] = '\0';
	h->error[0] = '\0';
	curl_easy_setopt(c, CURLOPT_URL, url);
	snprintf(line, sizeof(line), "Idempotency-Key: %s", key);
	curl_easy_setopt(
		c, CURLOPT_HTTPHEADER, *key != '\0' ? &keyed : keyed.next);
	curl_easy_setopt(c, CURLOPT_POSTFIELDS, body.data); /* not copied */
	curl_easy_setopt(c, CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)body.len);
	code = curl_easy_perform(c);
	if (code != CURLE_OK) {
		if (h->error[0] == '\0')
			snprintf(h->error, sizeof(h->error), "%s",
				curl_easy_strerror(code));
		return HTTP_E_FAILED;
	}
	curl_easy_getinfo(c, CURLINFO_RESPONSE_CODE, &reply->status);
	curl_easy_getinfo(c, CURLINFO_CONTENT_TYPE, &type);
	reply->body = slice_from(h->body, h->len);
	reply->content_type = type;
	reply->retry_after = h->retry_after[0] != '\0' ? h->retry_after : NULL;
	reply->real_ns = clock_real_ns(&clock_system);
	return 0;
}

const char *http_error(const struct http *h)
{
	return h->error;
}
