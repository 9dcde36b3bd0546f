#include "load/service.h"

#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "load/reply.h"

static const char json[] = "application/json; charset=UTF-8";

enum service_endpoint service_find(const char *url)
{
	static const struct {
		const char *path;
		enum service_endpoint endpoint;
	} known[] = {
		{ "/services/collector", SERVICE_EVENT },
		{ "/services/collector/event", SERVICE_EVENT },
		{ "/services/collector/event/1.0", SERVICE_EVENT },
		{ "/services/collector/raw", SERVICE_RAW },
		{ "/services/collector/raw/1.0", SERVICE_RAW },
		{ "/services/collector/ack", SERVICE_ACK },
		{ "/services/collector/health", SERVICE_HEALTH },
		{ "/services/collector/health/1.0", SERVICE_HEALTH },
		{ "/faults", SERVICE_FAULTS },
		{ "/ack-faults", SERVICE_ACK_FAULTS },
	};

	for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++)
		if (strcmp(url, known[i].path) == 0)
			return known[i].endpoint;
	return SERVICE_NONE;
}

int service_check_token(struct MHD_Connection *connection, const char *token)
{
	static const char scheme[] = "Splunk ";
	const char *header = MHD_lookup_connection_value(
		connection, MHD_HEADER_KIND, MHD_HTTP_HEADER_AUTHORIZATION);
	char *password = NULL;
	char *user;
	int code = REPLY_SUCCESS;

	if (header == NULL)
		return REPLY_TOKEN_REQUIRED;
	if (strncmp(header, scheme, sizeof(scheme) - 1) == 0) {
		header += sizeof(scheme) - 1;
		return token == NULL || strcmp(header, token) == 0
			       ? REPLY_SUCCESS
			       : REPLY_BAD_TOKEN;
	}
	user = MHD_basic_auth_get_username_password(connection, &password);
	if (user == NULL || password == NULL)
		code = REPLY_BAD_AUTHORIZATION;
	else if (token != NULL && strcmp(password, token) != 0)
		code = REPLY_BAD_TOKEN;
	MHD_free(user);
	MHD_free(password);
	return code;
}

int service_check_bearer(struct MHD_Connection *connection, const char *token)
{
	static const char scheme[] = "Bearer ";
	const char *header = MHD_lookup_connection_value(
		connection, MHD_HEADER_KIND, MHD_HTTP_HEADER_AUTHORIZATION);

	if (token == NULL)
		return REPLY_SUCCESS;
	if (header == NULL)
		return REPLY_TOKEN_REQUIRED;
	if (strncmp(header, scheme, sizeof(scheme) - 1) != 0)
		return REPLY_BAD_AUTHORIZATION;
	return strcmp(header + sizeof(scheme) - 1, token) == 0
		       ? REPLY_SUCCESS
		       : REPLY_BAD_TOKEN;
}

bool service_is_local(struct MHD_Connection *connection)
{
	const union MHD_ConnectionInfo *info = MHD_get_connection_info(
		connection, MHD_CONNECTION_INFO_CLIENT_ADDRESS);
	const struct sockaddr *sa = info != NULL ? info->client_addr : NULL;

	if (sa == NULL)
		return false;
	if (sa->sa_family == AF_INET) {
		const struct sockaddr_in *in = (const void *)sa;

		return ntohl(in->sin_addr.s_addr) >> 24 == IN_LOOPBACKNET;
	}
	return sa->sa_family == AF_INET6 &&
	       IN6_IS_ADDR_LOOPBACK(
		       &((const struct sockaddr_in6 *)(const void *)sa)
				->sin6_addr);
}

/* The body in chunks; the library frees it with the response. */
struct pieces {
	size_t len;
	char text[];
};

static ssize_t read_pieces(void *arg, uint64_t at, char *out, size_t max)
{
	const struct pieces *p = arg;
	size_t n = p->len - at;

	if (at >= p->len)
		return MHD_CONTENT_READER_END_OF_STREAM;
	/* two chunks at least, where there are two octets */
	if (at == 0 && n > 1)
		n = n / 2;
	if (n > max)
		n = max;
	memcpy(out, p->text + at, n);
	return (ssize_t)n;
}

/* White space behind the text is part of any JSON or HTML. */
static struct MHD_Response *make_response(
	const struct fault *dress, const char *text, size_t len)
{
	size_t whole = len + dress->pad;
	struct pieces *p = malloc(sizeof(*p) + whole + 1);
	struct MHD_Response *response;

	if (p == NULL)
		return NULL;
	p->len = whole;
	memcpy(p->text, text, len);
	memset(p->text + len, ' ', dress->pad);
	if (dress->chunked)
		return MHD_create_response_from_callback(
			MHD_SIZE_UNKNOWN, 64 * 1024, read_pieces, p, free);
	response = MHD_create_response_from_buffer(
		whole, p->text, MHD_RESPMEM_MUST_COPY);
	free(p);
	return response;
}

static void add_retry_after(
	struct MHD_Response *response, const struct fault *dress)
{
	time_t at = time(NULL) + (time_t)dress->retry_s;
	char value[64];
	struct tm tm;

	if (!dress->retry_date)
		snprintf(value, sizeof(value), "%llu",
			(unsigned long long)dress->retry_s);
	else
		strftime(value, sizeof(value), "%a, %d %b %Y %H:%M:%S GMT",
			gmtime_r(&at, &tm));
	MHD_add_response_header(response, MHD_HTTP_HEADER_RETRY_AFTER, value);
}

static enum MHD_Result answer(struct MHD_Connection *connection,
	const struct fault *dress, unsigned status, const char *type,
	const char *text, size_t len)
{
	static const struct fault plain = { .code = -1 };
	struct MHD_Response *response;
	enum MHD_Result result;

	if (dress == NULL)
		dress = &plain;
	response = make_response(dress, text, len);
	if (response == NULL)
		return MHD_NO;
	MHD_add_response_header(response, MHD_HTTP_HEADER_CONTENT_TYPE, type);
	if (dress->last)
		MHD_add_response_header(
			response, MHD_HTTP_HEADER_CONNECTION, "close");
	if (dress->retry)
		add_retry_after(response, dress);
	result = MHD_queue_response(connection, status, response);
	MHD_destroy_response(response);
	return result;
}

enum MHD_Result service_answer(struct MHD_Connection *connection,
	const struct fault *dress, unsigned status, int code,
	uint64_t event_number)
{
	static const char html[] =
		"<!doctype html><html><body><h1>%u</h1></body></html>\n";
	char body[REPLY_MAX];
	size_t len;

	if (code < 0) {
		len = (size_t)snprintf(body, sizeof(body), html, status);
		return answer(
			connection, dress, status, "text/html", body, len);
	}
	len = reply_format(body, sizeof(body), code, event_number);
	return answer(connection, dress, status, json, body, len);
}

const char *service_channel(struct MHD_Connection *connection)
{
	const char *channel = MHD_lookup_connection_value(
		connection, MHD_HEADER_KIND, "X-Splunk-Request-Channel");

	if (channel == NULL)
		channel = MHD_lookup_connection_value(
			connection, MHD_GET_ARGUMENT_KIND, "channel");
	return channel;
}

enum MHD_Result service_answer_json(struct MHD_Connection *connection,
	const struct fault *dress, const char *text)
{
	return answer(connection, dress, 200, json, text, strlen(text));
}

enum MHD_Result service_answer_text(struct MHD_Connection *connection,
	const struct fault *dress, unsigned status, const char *text)
{
	return answer(
		connection, dress, status, "text/plain", text, strlen(text));
}

enum MHD_Result service_answer_html(
	struct MHD_Connection *connection, const struct fault *dress)
{
	static const char page[] =
		"<!doctype html><html><body><h1>Please log in</h1></body>"
		"</html>\n";

	return answer(
		connection, dress, 200, "text/html", page, sizeof(page) - 1);
}

enum MHD_Result service_answer_not_found(struct MHD_Connection *connection)
{
	static const char text[] = "{\"text\":\"The requested URL was not "
				   "found on this server.\",\"code\":404}";

	return answer(connection, NULL, 404, json, text, sizeof(text) - 1);
}
