#include "collector/hec_ack.h"

#include <errno.h>
#include <inttypes.h>
#include <jansson.h>
#include <stdio.h>
#include <string.h>

#include "collector/hec.h"

#define COLLECTOR_PATH "/services/collector"

int hec_ack_url(struct buf *url, const char *post_url, const char *channel)
{
	/* hec_url() has put it there */
	const char *path = strstr(post_url, COLLECTOR_PATH "/");

	if (path == NULL)
		return -EINVAL;
	buf_add(url, post_url,
		(size_t)(path - post_url) + strlen(COLLECTOR_PATH));
	buf_printf(url, "/ack?channel=%s", channel);
	return url->failed ? -ENOMEM : 0;
}

int hec_ack_ask(struct buf *body, const uint64_t *ids, size_t n)
{
	buf_add_str(body, "{\"acks\":[");
	for (size_t i = 0; i < n; i++)
		buf_printf(body, "%s%" PRIu64, i > 0 ? "," : "", ids[i]);
	buf_add_str(body, "]}");
	return body->failed ? -ENOMEM : 0;
}

/* Only a true that stands there for an id counts. */
static uint32_t read_acks(
	const json_t *acks, const uint64_t *ids, bool *acked, size_t n)
{
	char key[24];
	uint32_t found = 0;

	for (size_t i = 0; i < n; i++) {
		snprintf(key, sizeof(key), "%" PRIu64, ids[i]);
		acked[i] = json_is_true(json_object_get(acks, key));
		found += acked[i];
	}
	return found;
}

/* The codes and statuses mean here what they mean for events. */
static void judge_failure(struct ack_verdict *v, const struct reply *rp)
{
	const struct request rq = { .events = 1, .channel = REQUEST_CHANNEL };
	struct verdict post;

	hec_judge(&post, &rq, rp);
	v->action = ACK_FAILED;
	if (rp->status == 400 && post.code == 11)
		v->action = ACK_LOST;
	else if (rp->status == 400 && post.code == 14)
		v->action = ACK_OFF;
	v->code = post.code;
	v->retry_after_ns = post.retry_after_ns;
	snprintf(v->reason, sizeof(v->reason), "%s",
		post.action == VERDICT_DELIVERED
			? "no acknowledgements in the reply"
			: post.reason);
}

void hec_ack_judge(struct ack_verdict *v, const uint64_t *ids, bool *acked,
	size_t n, const struct reply *rp)
{
	const json_t *acks;
	json_t *root = NULL;

	*v = (struct ack_verdict){ .code = -1 };
	memset(acked, 0, n * sizeof(*acked));
	if (rp->status == 200 && rp->body.len != 0)
		root = json_loadb((const char *)rp->body.data, rp->body.len,
			JSON_REJECT_DUPLICATES, NULL);
	acks = json_object_get(root, "acks");
	if (json_is_object(acks)) {
		v->n_acked = read_acks(acks, ids, acked, n);
		snprintf(v->reason, sizeof(v->reason), "answered");
	} else {
		judge_failure(v, rp);
	}
	json_decref(root);
}

const struct collector_ack hec_ack = {
	.channel_header = "X-Splunk-Request-Channel",
	.url = hec_ack_url,
	.ask = hec_ack_ask,
	.judge = hec_ack_judge,
};
