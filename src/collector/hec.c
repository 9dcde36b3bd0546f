#include "collector/hec.h"

#include <errno.h>
#include <jansson.h>
#include <string.h>

#include "base/clock.h"
#include "collector/hec_ack.h"

#define HEC_PATH "/services/collector"

/* Splunk Cloud calls a body above its limit a bad event 0 instead of 413. */
enum { HEC_BODY_LIMIT = 1000000 };

/* Which event is bad, as the codes that name one count. */
enum { NUMBER_NONE = 0, NUMBER_FROM_0, NUMBER_FROM_1 };

/*
 * What each code means, when it comes with the HTTP status that Splunk sends
 * it with; with any other status somebody in between is talking, and the
 * status alone is judged.  Without acknowledgements no channel is ever sent,
 * so the codes about channels mean a token that demands them: hold.
 */
struct rule {
	int code;
	int status;
	enum verdict_action action;
	const char *reason;
	bool slow_down;
	bool gone;
	int number;
	/* another channel may help; if that was tried, this is what to do */
	enum verdict_action without_channel;
};

#define RULE(code_, status_, action_, reason_, ...)                            \
	{                                                                      \
		.code = code_, .status = status_, .action = VERDICT_##action_, \
		.reason = reason_, __VA_ARGS__                                 \
	}

static const struct rule rules[] = {
	RULE(0, 200, DELIVERED, "success"),
	RULE(1, 403, HOLD, "token disabled; enable it in Splunk"),
	RULE(2, 401, HOLD, "no token given; set one"),
	RULE(3, 401, HOLD, "invalid authorization; check the token"),
	RULE(4, 403, HOLD, "invalid token; set the right one"),
	RULE(5, 400, REFUSED, "no data"),
	RULE(6, 400, PARTIAL, "invalid data format", .number = NUMBER_FROM_0),
	RULE(7, 400, PARTIAL,
		"incorrect index; allow it for the token, or set another",
		.number = NUMBER_FROM_1),
	RULE(8, 500, RETRY, "internal server error"),
	RULE(9, 503, RETRY, "server is busy", .slow_down = true),
	RULE(10, 400, CHANNEL, "channel missing",
		.without_channel = VERDICT_HOLD),
	RULE(11, 400, CHANNEL, "invalid channel",
		.without_channel = VERDICT_HOLD),
	RULE(12, 400, PARTIAL, "event field required", .number = NUMBER_FROM_0),
	RULE(13, 400, PARTIAL, "event field blank", .number = NUMBER_FROM_0),
	RULE(14, 400, NO_CHANNEL, "acknowledgement is disabled",
		.without_channel = VERDICT_HOLD),
	RULE(15, 400, PARTIAL, "bad indexed fields", .number = NUMBER_FROM_0),
	RULE(16, 400, HOLD, "query string authorization is off"),
	RULE(18, 503, RETRY, "queues are full", .slow_down = true),
	RULE(19, 503, RETRY, "ack service unavailable"),
	RULE(20, 503, RETRY, "queues are full, ack service unavailable",
		.slow_down = true),
	RULE(21, 400, HOLD, "invalid token; set the right one"),
	RULE(22, 400, HOLD, "token disabled; enable it in Splunk"),
	RULE(23, 503, RETRY, "server is shutting down", .gone = true),
	RULE(24, 200, DELIVERED, "queue near capacity", .slow_down = true),
	RULE(25, 200, DELIVERED, "ack channel near capacity"),
	RULE(26, 429, RETRY, "queue at capacity", .slow_down = true),
	RULE(27, 429, CHANNEL, "ack channel at capacity", .slow_down = true,
		.without_channel = VERDICT_RETRY),
	RULE(28, 400, CHANNEL,
		"sticky session missing; the load balancer has to set a cookie",
		.without_channel = VERDICT_HOLD),
};

/* Is it one of HEC's endpoints that take no events, or not as we send them? */
static bool is_other_endpoint(const char *path)
{
	static const char *const others[] = { "raw", "health", "ack", "mint",
		"s2s" };
	const char *below = strstr(path, HEC_PATH "/");
	size_t len;

	if (below == NULL)
		return false;
	below += strlen(HEC_PATH "/");
	len = strcspn(below, "/");
	for (size_t i = 0; i < sizeof(others) / sizeof(*others); i++)
		if (strlen(others[i]) == len &&
			memcmp(below, others[i], len) == 0)
			return true;
	return false;
}

/* The path to post to: the configured one and what it lacks. */
static void add_path(struct buf *out, const char *path)
{
	size_t len = strlen(path), tail = strlen(HEC_PATH);
	const char *below = strstr(path, HEC_PATH "/");

	if (below != NULL && below[tail + 1] != '\0') {
		buf_add(out, path, len);
		return;
	}
	while (len > 0 && path[len - 1] == '/')
		len--;
	buf_add(out, path, len);
	if (len < tail || memcmp(path + len - tail, HEC_PATH, tail) != 0)
		buf_add_str(out, HEC_PATH);
	buf_add_str(out, "/event");
}

int hec_url(struct buf *url, const char *base)
{
	char *path = NULL, *text = NULL;
	struct buf whole = BUF_NULL;
	CURLU *u = NULL;
	int r = url_parse(&u, base);

	if (r == 0 && strpbrk(base, "?#") != NULL)
		r = URL_E_QUERY;
	if (r == 0)
		r = url_from_curl(curl_url_get(u, CURLUPART_PATH, &path, 0));
	if (r == 0 && is_other_endpoint(path))
		r = URL_E_ENDPOINT;
	if (r == 0) {
		add_path(&whole, path);
		r = buf_failed(&whole) ? -ENOMEM : 0;
	}
	if (r == 0)
		r = url_from_curl(
			curl_url_set(u, CURLUPART_PATH, buf_str(&whole), 0));
	if (r == 0)
		r = url_from_curl(curl_url_get(u, CURLUPART_URL, &text, 0));
	if (r == 0) {
		buf_add_str(url, text);
		r = buf_failed(url) ? -ENOMEM : 0;
	}
	buf_deinit(&whole);
	curl_free(text);
	curl_free(path);
	curl_url_cleanup(u);
	return r;
}

/*
 * The reply says event `number` is bad and those before it are in.
 *
 * An index is one for the whole output: when the very first event's is wrong
 * so are all, and refusing them one by one would lose them all.  Where the
 * number makes no sense nobody knows which event it is: halves find out.
 */
static void judge_number(struct verdict *v, const struct request *rq,
	const struct rule *rule, const json_t *json)
{
	json_int_t k = json_is_integer(json) ? json_integer_value(json) : -1;

	if (rule->number == NUMBER_FROM_1)
		k = k > 0 ? k - 1 : -1;
	verdict_set(v, VERDICT_PARTIAL, false, rule->reason);
	if (rule->number == NUMBER_FROM_1 && (k <= 0 || k >= rq->events))
		v->action = VERDICT_HOLD;
	else if (k < 0 || k >= rq->events)
		v->action = rq->events > 1 ? VERDICT_SPLIT : VERDICT_REFUSED;
	else if (k == 0 && rq->bytes > HEC_BODY_LIMIT)
		v->action = VERDICT_SPLIT;
	else
		v->event = (uint32_t)k;
}

/*
 * The reply is about the channel.  A channel that is missing can be added
 * once, one that is wrong replaced once, one that nobody wants left out.
 */
static void judge_channel(
	struct verdict *v, const struct request *rq, const struct rule *rule)
{
	bool tried = rq->channel == REQUEST_NEW_CHANNEL;

	if (rule->code == 10)
		tried = rq->channel != REQUEST_NO_CHANNEL;
	else if (rule->code == 14)
		tried = rq->channel != REQUEST_CHANNEL;
	verdict_set(v, tried ? rule->without_channel : rule->action,
		rule->slow_down, rule->reason);
}

/* No code of the table, or not with its status: a proxy, a wrong URL. */
static void judge_status(
	struct verdict *v, const struct request *rq, long status)
{
	if (status == 0)
		verdict_set(v, VERDICT_RETRY, false, "no reply");
	else if (status == 408 || status == 425)
		verdict_set(v, VERDICT_RETRY, false, "asked to try again");
	else if (status == 429 || status == 503)
		verdict_set(v, VERDICT_RETRY, true, "busy");
	else if (status >= 500)
		verdict_set(v, VERDICT_RETRY, false, "server error");
	else if (status == 413)
		verdict_set(v, VERDICT_SPLIT, false, "request body too large");
	else if (status == 415 && rq->compressed)
		verdict_set(v, VERDICT_PLAIN, false, "compression refused");
	else if (status == 415)
		verdict_set(v, VERDICT_HOLD, false,
			"the body's encoding is refused; check the URL");
	else if (status == 401 || status == 403)
		verdict_set(
			v, VERDICT_HOLD, false, "not allowed; check the token");
	else if (status == 404 || status == 405)
		verdict_set(v, VERDICT_HOLD, false,
			"no event collector there; check the URL");
	else if (status == 407)
		verdict_set(v, VERDICT_HOLD, false,
			"the proxy wants authorization");
	else if (status >= 200 && status < 300)
		verdict_set(v, VERDICT_HOLD, false,
			"not an event collector's success; check the URL and "
			"any "
			"proxy");
	else if (status >= 300 && status < 400)
		verdict_set(v, VERDICT_HOLD, false,
			"redirected; set the final URL");
	else
		verdict_set(v, VERDICT_UNKNOWN, false,
			"not a reply of an event collector that is known; "
			"check the URL");
}

static const struct rule *rule_find(int code, long status)
{
	for (size_t i = 0; i < sizeof(rules) / sizeof(rules[0]); i++)
		if (rules[i].code == code && rules[i].status == status)
			return &rules[i];
	return NULL;
}

static uint64_t ack_id(const json_t *json)
{
	return json_is_integer(json) && json_integer_value(json) >= 0
		       ? (uint64_t)json_integer_value(json)
		       : VERDICT_NO_ACK;
}

void hec_judge(
	struct verdict *v, const struct request *rq, const struct reply *rp)
{
	const struct rule *rule = NULL;
	const json_t *code = NULL, *number = NULL;
	json_t *root = NULL;

	*v = (struct verdict){ .code = -1, .ack_id = VERDICT_NO_ACK };
	v->retry_after_ns = verdict_retry_after(rp->retry_after, rp->real_ns);
	if (rp->body.len != 0)
		root = json_loadb((const char *)rp->body.data, rp->body.len,
			JSON_REJECT_DUPLICATES, NULL);
	code = json_object_get(root, "code"); /* NULL for all but objects */
	if (json_is_integer(code) && json_integer_value(code) >= 0 &&
		json_integer_value(code) <= 999) {
		v->code = (int)json_integer_value(code);
		rule = rule_find(v->code, rp->status);
	}
	number = json_object_get(root, "invalid-event-number");
	if (rule == NULL && rp->status == 400 && v->code > 28 &&
		json_is_integer(number)) {
		/* a code younger than this table, but it names the event */
		rule = rule_find(6, 400);
	}
	if (rule == NULL)
		judge_status(v, rq, rp->status);
	else if (rule->number != NUMBER_NONE)
		judge_number(v, rq, rule, number);
	else if (rule->without_channel != VERDICT_DELIVERED)
		judge_channel(v, rq, rule);
	else
		verdict_set(v, rule->action, rule->slow_down, rule->reason);
	v->gone = rule != NULL && rule->gone;
	if (v->action == VERDICT_DELIVERED) {
		v->ack_id = ack_id(json_object_get(root, "ackId"));
		v->channel_full = v->code == 25;
	}
	json_decref(root);
}

static const char *content_type(const struct collector_settings *s)
{
	(void)s;
	return "application/json";
}

const struct collector collector_hec = {
	.envelope = ENVELOPE_HEC,
	.auth_scheme = "Splunk",
	.token_needed = true,
	.content_type = content_type,
	.url = hec_url,
	.judge = hec_judge,
	.ack = &hec_ack,
	.health = &hec_health,
};
