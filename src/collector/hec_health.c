/* GET /services/collector/health of Splunk's HTTP Event Collector. */
#include <errno.h>
#include <jansson.h>
#include <stdio.h>
#include <string.h>

#include "collector/health.h"

#define HEC_PATH "/services/collector"

static const struct {
	int code;
	int status;
	enum health_sign sign, with_ack;
	const char *reason;
} rules[] = {
	{ 17, 200, HEALTH_WELL, HEALTH_WELL, "healthy" },
	{ 18, 503, HEALTH_GONE, HEALTH_GONE, "queues are full" },
	{ 19, 503, HEALTH_WELL, HEALTH_GONE, "ack service unavailable" },
	{ 20, 503, HEALTH_GONE, HEALTH_GONE,
		"queues are full, ack service unavailable" },
	{ 21, 400, HEALTH_REFUSED, HEALTH_REFUSED,
		"invalid token; set the right one" },
	{ 22, 400, HEALTH_REFUSED, HEALTH_REFUSED,
		"token disabled; enable it in Splunk" },
	{ 23, 503, HEALTH_GONE, HEALTH_GONE, "server is shutting down" },
};

/* Whatever stands in front of HEC's own path is a proxy's, and stays. */
static int health_url(struct buf *url, const char *post)
{
	const char *at = strstr(post, HEC_PATH);

	if (at == NULL)
		return health_path(url, post, HEC_PATH "/health");
	buf_add(url, post, (size_t)(at - post));
	buf_add_str(url, HEC_PATH "/health");
	return buf_failed(url) ? -ENOMEM : 0;
}

static int code_of(const struct reply *rp)
{
	json_t *root = NULL;
	const json_t *code;
	int value = -1;

	if (rp->body.len != 0)
		root = json_loadb((const char *)rp->body.data, rp->body.len,
			JSON_REJECT_DUPLICATES, NULL);
	code = json_object_get(root, "code");
	if (json_is_integer(code) && json_integer_value(code) >= 0 &&
		json_integer_value(code) <= 999)
		value = (int)json_integer_value(code);
	json_decref(root);
	return value;
}

/* No code of the table, or not with its status: who answers is not HEC, or
 * HEC without this service. */
static void judge_other(struct health_verdict *v, long status)
{
	v->sign = status >= 500 ? HEALTH_ILL : HEALTH_UNKNOWN;
	snprintf(v->reason, sizeof(v->reason),
		"health check: no word of an event collector, status %ld",
		status);
}

static void judge(struct health_verdict *v, const struct reply *rp, bool ack)
{
	int code = code_of(rp);

	for (size_t i = 0; i < sizeof(rules) / sizeof(rules[0]); i++) {
		if (rules[i].code != code || rules[i].status != rp->status)
			continue;
		v->sign = ack ? rules[i].with_ack : rules[i].sign;
		snprintf(v->reason, sizeof(v->reason), "health check: %s",
			rules[i].reason);
		return;
	}
	judge_other(v, rp->status);
}

const struct collector_health hec_health = {
	.url = health_url,
	.judge = judge,
};
