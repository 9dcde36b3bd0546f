#include "deliver/http_target.h"

#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "base/buf.h"
#include "deliver/http.h"

enum { BUFFER = 16 * 1024, UPLOAD_BUFFER = 512 * 1024 };

/* The texts that a target has copies of. */
static const char **text_of(struct http_target_settings *s, unsigned i)
{
	const char **const all[] = { &s->label, &s->url, &s->content_type,
		&s->auth_scheme, &s->token, &s->user, &s->password, &s->proxy,
		&s->tls_ca, &s->tls_cert, &s->tls_key, &s->tls_server_name };

	return i < sizeof(all) / sizeof(all[0]) ? all[i] : NULL;
}

static bool copy_texts(struct http_target_settings *s)
{
	const char **text;
	bool done = true;

	for (unsigned i = 0; (text = text_of(s, i)) != NULL; i++)
		if (*text != NULL) {
			*text = strdup(*text);
			done = done && *text != NULL;
		}
	return done;
}

static void free_texts(struct http_target_settings *s)
{
	const char **text;

	for (unsigned i = 0; (text = text_of(s, i)) != NULL; i++) {
		if (text == &s->token || text == &s->password)
			if (*text != NULL)
				explicit_bzero((char *)*text, strlen(*text));
		free((char *)*text);
	}
}

static bool fits_a_header(const char *text)
{
	for (; text != NULL && *text != '\0'; text++)
		if ((unsigned char)*text < 0x20 || *text == 0x7f)
			return false;
	return true;
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
	const struct http_target_settings *s, const char *encoding)
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
	buf_clear(&line);
	if (encoding != NULL)
		buf_printf(&line, "Content-Encoding: %s", encoding);
	if (list != NULL && encoding != NULL && !line.failed)
		list = add(list, buf_str(&line));
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

/* Any name is to be looked for at the URL's own host and port. */
static int connect_to_host(struct http_target *t)
{
	struct buf text = BUF_NULL;
	CURLU *u = curl_url();
	char *host = NULL;
	int r = -EINVAL;

	if (u != NULL &&
		curl_url_set(u, CURLUPART_URL, t->set.url, 0) == CURLUE_OK &&
		curl_url_get(u, CURLUPART_HOST, &host, 0) == CURLUE_OK) {
		buf_printf(&text, "::%s:", host);
		t->connect_to = buf_take(&text);
		r = t->connect_to != NULL ? 0 : -ENOMEM;
	}
	curl_free(host);
	curl_url_cleanup(u);
	buf_deinit(&text);
	t->connect_list = (struct curl_slist){ t->connect_to, NULL };
	return r;
}

char *http_target_url(const struct http_target *t, const char *url)
{
	CURLU *u = curl_url();
	char *text = NULL;

	if (u != NULL && curl_url_set(u, CURLUPART_URL, url, 0) == CURLUE_OK &&
		curl_url_set(u, CURLUPART_HOST, t->set.tls_server_name, 0) ==
			CURLUE_OK)
		curl_url_get(u, CURLUPART_URL, &text, 0);
	curl_url_cleanup(u);
	return text;
}

static int set_keepalive(void *arg, curl_socket_t fd, curlsocktype purpose)
{
	const struct http_target_settings *s =
		&((const struct http_target *)arg)->set;
	int on = 1, time = (int)(s->keepalive_time_ns / NS_PER_S),
	    interval = (int)(s->keepalive_interval_ns / NS_PER_S),
	    count = (int)s->keepalive_count;

	(void)purpose;
	/* one the system does not take is no reason to do without the rest */
	setsockopt(fd, SOL_SOCKET, SO_KEEPALIVE, &on, sizeof(on));
	setsockopt(fd, IPPROTO_TCP, TCP_KEEPIDLE, &time, sizeof(time));
	setsockopt(fd, IPPROTO_TCP, TCP_KEEPINTVL, &interval, sizeof(interval));
	setsockopt(fd, IPPROTO_TCP, TCP_KEEPCNT, &count, sizeof(count));
	return CURL_SOCKOPT_OK;
}

/*
 * Whom to trust.  Where libcurl comes with a folder of authorities besides its
 * file, as Debian's does, it reads both for each connection: a file that was
 * named would not be all that is trusted, and the system's would be in memory
 * twice, some megabytes each.
 */
static void configure_trust(const struct http_target_settings *s, CURL *c)
{
	const char *file = curl_version_info(CURLVERSION_NOW)->cainfo;

	if (s->tls_insecure) {
		curl_easy_setopt(c, CURLOPT_SSL_VERIFYPEER, 0L);
		curl_easy_setopt(c, CURLOPT_SSL_VERIFYHOST, 0L);
		curl_easy_setopt(c, CURLOPT_CAINFO, NULL);
	} else if (s->tls_ca != NULL) {
		curl_easy_setopt(c, CURLOPT_CAINFO, s->tls_ca);
	}
	if (s->tls_insecure || s->tls_ca != NULL || file != NULL)
		curl_easy_setopt(c, CURLOPT_CAPATH, NULL);
}

static void configure_tls(const struct http_target_settings *s, CURL *c)
{
	curl_easy_setopt(c, CURLOPT_HTTP_VERSION,
		(long)(s->http2 ? CURL_HTTP_VERSION_2TLS
				: CURL_HTTP_VERSION_1_1));
	configure_trust(s, c);
	if (s->tls_cert != NULL)
		curl_easy_setopt(c, CURLOPT_SSLCERT, s->tls_cert);
	if (s->tls_key != NULL)
		curl_easy_setopt(c, CURLOPT_SSLKEY, s->tls_key);
}

void http_target_configure(const struct http_target *t, CURL *c)
{
	const struct http_target_settings *s = &t->set;

	curl_easy_setopt(c, CURLOPT_NOSIGNAL, 1L);
#if LIBCURL_VERSION_NUM >= 0x075700 /* 7.87.0 */
	/* When time is over, leave the thread that asks the name server to
	 * itself; it ends and frees what it has.  Else a name server that does
	 * not answer would hold whoever waits, all health checks for one. */
	curl_easy_setopt(c, CURLOPT_QUICK_EXIT, 1L);
#endif
	curl_easy_setopt(c, CURLOPT_POST, 1L);
	if (s->put)
		curl_easy_setopt(c, CURLOPT_CUSTOMREQUEST, "PUT");
	curl_easy_setopt(c, CURLOPT_USERAGENT, "tapferry/" PACKAGE_VERSION);
	curl_easy_setopt(c, CURLOPT_UPLOAD_BUFFERSIZE, (long)UPLOAD_BUFFER);
	curl_easy_setopt(c, CURLOPT_BUFFERSIZE, (long)BUFFER);
	/* the pool decides how long a connection is good */
	curl_easy_setopt(c, CURLOPT_MAXAGE_CONN, (long)INT32_MAX);
	curl_easy_setopt(c, CURLOPT_MAXCONNECTS, 1L);
	/* "" turns off http_proxy and no_proxy of the environment */
	curl_easy_setopt(c, CURLOPT_PROXY, s->proxy != NULL ? s->proxy : "");
	curl_easy_setopt(c, CURLOPT_NOPROXY, "");
	if (s->user != NULL) {
		curl_easy_setopt(c, CURLOPT_HTTPAUTH, (long)CURLAUTH_BASIC);
		curl_easy_setopt(c, CURLOPT_USERNAME, s->user);
		curl_easy_setopt(c, CURLOPT_PASSWORD,
			s->password != NULL ? s->password : "");
	}
	if (t->connect_to != NULL)
		curl_easy_setopt(c, CURLOPT_CONNECT_TO, &t->connect_list);
	if (s->keepalive_time_ns != 0) {
		curl_easy_setopt(c, CURLOPT_SOCKOPTFUNCTION, set_keepalive);
		curl_easy_setopt(c, CURLOPT_SOCKOPTDATA, t);
	}
	configure_tls(s, c);
}

static bool is_https(const struct http_target *t)
{
	return strncasecmp(t->set.url, "https", 5) == 0;
}

static bool has_one_of(const char *text, const char *const *words, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (strstr(text, words[i]) != NULL)
			return true;
	return false;
}

/* To a TLS handshake a server without TLS answers in its own way, or goes: what
 * TLS libraries say to that (GnuTLS, OpenSSL). */
static const char *with_tls(CURLcode code, const char *text)
{
	static const char *const answers[] = { "unexpected TLS packet",
		"wrong version number", "packet length too long",
		"unknown protocol" };
	static const char *const ends[] = { "non-properly terminated",
		"unexpected eof" };

	if (code != CURLE_SSL_CONNECT_ERROR)
		return NULL;
	if (has_one_of(text, answers, sizeof(answers) / sizeof(*answers)))
		return "its reply is no TLS; does it speak http, not https?";
	if (has_one_of(text, ends, sizeof(ends) / sizeof(*ends)))
		return "it broke off the TLS handshake; does it speak http, "
		       "not https?";
	return NULL;
}

/* To a request without TLS a TLS server says nothing, or what is no HTTP. */
static const char *without_tls(CURLcode code, const char *text)
{
	if (code == CURLE_GOT_NOTHING)
		return "it closed the connection without a reply; does it "
		       "speak https, not http?";
	if (code == CURLE_UNSUPPORTED_PROTOCOL &&
		strstr(text, "HTTP/0.9") != NULL)
		return "its reply is no HTTP; does it speak https, not http?";
	return NULL;
}

const char *http_target_reason(
	const struct http_target *t, CURLcode code, const char *text)
{
	const char *other =
		is_https(t) ? with_tls(code, text) : without_tls(code, text);

	if (t->set.proxy != NULL && strstr(text, t->set.proxy) != NULL)
		return "its proxy cannot be used: correct proxy";
	if (code == CURLE_COULDNT_RESOLVE_PROXY)
		return "the host of its proxy is not found";
	if (code == CURLE_PEER_FAILED_VERIFICATION)
		return "its certificate is not trusted: set tls.ca (its "
		       "authority) or tls.server_name";
	if (other != NULL)
		return other;
	return text[0] != '\0' ? text : curl_easy_strerror(code);
}

static int conn_open(
	void *context, void *agent, struct pool_use *use, void **conn)
{
	struct http_target *t = context;
	struct http_conn *c = calloc(1, sizeof(*c));
	int r;

	if (c != NULL)
		c->share = curl_share_init();
	if (c == NULL || c->share == NULL) {
		free(c);
		return -ENOMEM;
	}
	c->fd = CURL_SOCKET_BAD;
	c->tls = is_https(t);
	r = curl_share_setopt(c->share, CURLSHOPT_SHARE,
		    CURL_LOCK_DATA_CONNECT) == CURLSHE_OK
		    ? 0
		    : -ENOMEM;
	if (r == 0 && agent != NULL)
		r = http_connect(agent, t, c, use);
	if (r != 0) {
		curl_share_cleanup(c->share);
		free(c);
		return r;
	}
	*conn = c;
	return 0;
}

/*
 * An idle connection has nothing to say.  Over TLS it may: tickets, or pings
 * of HTTP/2; there only the end of the stream tells.
 */
static bool conn_validate(void *context, void *conn)
{
	const struct http_conn *c = conn;
	struct pollfd p = { .fd = c->fd, .events = POLLIN | POLLRDHUP };

	(void)context;
	if (poll(&p, 1, 0) <= 0)
		return true;
	return c->tls && (p.revents & ~POLLIN) == 0;
}

bool http_conn_speaks(const struct http_target *t, const struct http_conn *c)
{
	char octet;

	return c->fd != CURL_SOCKET_BAD && !(c->tls && t->set.http2) &&
	       recv(c->fd, &octet, 1, MSG_PEEK | MSG_DONTWAIT) > 0;
}

static void conn_close(void *context, void *conn)
{
	struct http_conn *c = conn;

	(void)context;
	curl_share_cleanup(c->share);
	free(c);
}

static const struct pool_kind http_pool_kind = {
	.open = conn_open,
	.validate = conn_validate,
	.close = conn_close,
};

int http_target_new(
	struct http_target **tp, const struct http_target_settings *set)
{
	struct http_target *t;
	int r;

	if (!fits_a_header(set->token) || !fits_a_header(set->content_type))
		return -EINVAL;
	t = calloc(1, sizeof(*t));
	if (t == NULL)
		return -ENOMEM;
	t->set = *set;
	r = copy_texts(&t->set) ? 0 : -ENOMEM;
	t->plain = headers_new(set, NULL);
	t->compressed = headers_new(set, compression_name(set->compression));
	t->set.headers = NULL; /* lent */
	if (t->plain == NULL || t->compressed == NULL)
		r = -ENOMEM;
	if (r == 0 && set->tls_server_name != NULL)
		r = connect_to_host(t);
	cookie_jar_init(&t->cookies);
	patience_init(&t->patience, set->request_timeout_ns);
	if (r == 0)
		r = pool_new(&t->pool, &set->pool, &http_pool_kind, t,
			&clock_system, t->set.label);
	if (r != 0) {
		http_target_free(t);
		return r;
	}
	*tp = t;
	return 0;
}

struct http_target *http_target_free(struct http_target *t)
{
	if (t == NULL)
		return NULL;
	pool_free(t->pool);
	cookie_jar_deinit(&t->cookies);
	curl_slist_free_all(t->plain);
	curl_slist_free_all(t->compressed);
	free(t->connect_to);
	free_texts(&t->set);
	free(t);
	return NULL;
}
