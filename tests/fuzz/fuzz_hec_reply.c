/*
 * A reply of a HEC.  Input: a line "STATUS EVENTS BYTES COMPRESSED RETRY-AFTER"
 * (the last one to the line's end), then the body.
 */
#include "fuzz.h"

#include "base/clock.h"
#include "collector/hec.h"

enum { LINE_MAX_OCTETS = 200 };

/* Takes a number off the line, at most max. */
static unsigned long number(char **line, unsigned long max)
{
	unsigned long n = strtoul(*line, line, 10);

	return n <= max ? n : max;
}

static void check(const struct verdict *v, const struct request *rq,
	const struct reply *rp)
{
	switch (v->action) {
	case VERDICT_DELIVERED:
		FUZZ_CHECK(rp->status == 200);
		break;
	case VERDICT_PARTIAL:
		FUZZ_CHECK(rp->status == 400 && v->event < rq->events);
		break;
	case VERDICT_REFUSED:
		FUZZ_CHECK(rp->status == 400);
		break;
	case VERDICT_SPLIT:
		FUZZ_CHECK(rp->status == 400 || rp->status == 413);
		break;
	case VERDICT_PLAIN:
		FUZZ_CHECK(rp->status == 415 && rq->compressed);
		break;
	case VERDICT_CHANNEL:
		FUZZ_CHECK(rp->status == 400 || rp->status == 429);
		break;
	case VERDICT_UNKNOWN:
		FUZZ_CHECK(rp->status < 200 || rp->status >= 400);
		break;
	case VERDICT_RETRY:
	case VERDICT_HOLD:
		break;
	default:
		FUZZ_CHECK(!"an action of the list");
	}
	FUZZ_CHECK(v->code >= -1 && v->code <= 999);
	FUZZ_CHECK(v->retry_after_ns <= 3600 * NS_PER_S);
	FUZZ_CHECK(
		v->ack_id == VERDICT_NO_ACK || v->action == VERDICT_DELIVERED);
	FUZZ_CHECK(v->reason[0] != '\0');
	FUZZ_CHECK(memchr(v->reason, '\0', sizeof(v->reason)) != NULL);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const uint8_t *end = size > 0 ? memchr(data, '\n', size) : NULL;
	char text[LINE_MAX_OCTETS + 1], *line = text;
	struct request rq = { 0 };
	struct reply rp = { .real_ns = UINT64_C(1795176000) * NS_PER_S };
	struct verdict v;
	uint8_t *body;
	size_t len;

	if (end == NULL || end - data > LINE_MAX_OCTETS)
		return 0;
	memcpy(text, data, (size_t)(end - data));
	text[end - data] = '\0';
	rp.status = (long)number(&line, 999);
	rq.events = (uint32_t)number(&line, UINT32_MAX);
	rq.bytes = number(&line, SIZE_MAX);
	rq.compressed = number(&line, 1) != 0;
	rp.retry_after = line;
	if (rq.events == 0) /* a request has events */
		rq.events = 1;
	len = size - (size_t)(end + 1 - data);
	body = fuzz_copy(end + 1, len);
	rp.body = slice_from(body, len);
	hec_judge(&v, &rq, &rp);
	check(&v, &rq, &rp);
	free(body);
	return 0;
}
