#include "load/service.h"

#include <stdio.h>
#include <string.h>

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

static enum MHD_Result answer(struct MHD_Connection *connection,
	unsigned status, const char *type, const char *text, size_t len)
{
	struct MHD_Response *response = MHD_create_response_from_buffer(
		len, (void *)text, MHD_RESPMEM_MUST_COPY);
	enum MHD_Result result;

	if (response == NULL)
		return MHD_NO;
	MHD_add_response_header(response, MHD_HTTP_HEADER_CONTENT_TYPE, type);
	result = MHD_queue_response(connection, status, response);
	MHD_destroy_response(response);
	return result;
}

enum MHD_Result service_answer(struct MHD_Connection *connection,
	unsigned status, int code, uint64_t event_number)
{
	static const char html[] =
		"<!doctype html><html><body><h1>%u</h1></body></html>\n";
	char body[REPLY_MAX];
	size_t len;

	if (code < 0) {
		len = (size_t)snprintf(body, sizeof(body), html, status);
		return answer(connection, status, "text/html", body, len);
	}
	len = reply_format(body, sizeof(body), code, event_number);
	return answer(connection, status, json, body, len);
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

enum MHD_Result service_answer_json(
	struct MHD_Connection *connection, const char *text)
{
	return answer(connection, 200, json, text, strlen(text));
}

enum MHD_Result service_answer_not_found(struct MHD_Connection *connection)
{
	static const char text[] = "{\"text\":\"The requested URL was not "
				   "found on this server.\",\"code\":404}";

	return answer(connection, 404, json, text, sizeof(text) - 1);
}
