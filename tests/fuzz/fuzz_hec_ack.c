/*
 * A reply of HEC's ack endpoint.  Input: a line "STATUS ID ID ...", then the
 * body.
 */
#include "fuzz.h"

#include "base/clock.h"
#include "collector/hec_ack.h"

enum { LINE_MAX_OCTETS = 200, IDS_MAX = 8 };

static void check(const struct ack_verdict *v, const bool *acked, size_t n,
	const struct reply *rp)
{
	uint32_t found = 0;

	for (size_t i = 0; i < n; i++)
		found += acked[i];
	FUZZ_CHECK(found == v->n_acked);
	switch (v->action) {
	case ACK_ANSWERED:
		FUZZ_CHECK(rp->status == 200);
		break;
	case ACK_LOST:
	case ACK_OFF:
		FUZZ_CHECK(rp->status == 400 && found == 0);
		break;
	case ACK_FAILED:
		FUZZ_CHECK(found == 0);
		break;
	default:
		FUZZ_CHECK(!"an action of the list");
	}
	FUZZ_CHECK(v->code >= -1 && v->code <= 999);
	FUZZ_CHECK(v->retry_after_ns <= 3600 * NS_PER_S);
	FUZZ_CHECK(v->reason[0] != '\0');
	FUZZ_CHECK(memchr(v->reason, '\0', sizeof(v->reason)) != NULL);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const uint8_t *end = size > 0 ? memchr(data, '\n', size) : NULL;
	char text[LINE_MAX_OCTETS + 1], *line = text, *next;
	struct reply rp = { .real_ns = UINT64_C(1795176000) * NS_PER_S };
	struct ack_verdict v;
	uint64_t ids[IDS_MAX];
	bool acked[IDS_MAX];
	uint8_t *body;
	size_t len, n = 0;

	if (end == NULL || end - data > LINE_MAX_OCTETS)
		return 0;
	memcpy(text, data, (size_t)(end - data));
	text[end - data] = '\0';
	rp.status = (long)(strtoul(line, &line, 10) % 1000);
	for (; n < IDS_MAX; n++, line = next) {
		ids[n] = strtoull(line, &next, 10);
		if (next == line)
			break;
	}
	len = size - (size_t)(end + 1 - data);
	body = fuzz_copy(end + 1, len);
	rp.body = slice_from(body, len);
	memset(acked, 1, sizeof(acked));
	hec_ack_judge(&v, ids, acked, n, &rp);
	check(&v, acked, n, &rp);
	free(body);
	return 0;
}
