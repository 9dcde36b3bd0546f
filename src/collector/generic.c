#include "collector/generic.h"

#include <errno.h>
#include <string.h>

static int generic_url(struct buf *url, const char *base)
{
	int r = url_check(base);

	if (r == 0 && strchr(base, '#') != NULL)
		r = URL_E_FRAGMENT;
	if (r != 0)
		return r;
	buf_add_str(url, base);
	return buf_failed(url) ? -ENOMEM : 0;
}

static const char *generic_content_type(const struct collector_settings *s)
{
	if (s->content_type != NULL)
		return s->content_type;
	return s->format == FORMAT_ARRAY ? "application/json"
					 : "application/x-ndjson";
}

/* Each event ends with a newline: it becomes the comma, or the last bracket. */
static bool generic_frame(struct buf *body, const struct collector_settings *s,
	const struct batch *b, uint32_t n)
{
	size_t first = body->len + 1, start, end;

	if (s->format != FORMAT_ARRAY)
		return false;
	start = batch_start(b, b->first);
	end = batch_start(b, b->first + n);
	buf_add(body, "[", 1);
	buf_add(body, b->data + start, end - start);
	if (buf_failed(body))
		return true;
	for (uint32_t i = b->first; i < b->first + n; i++)
		body->data[first + b->ends[i] - start - 1] = ',';
	body->data[body->len - 1] = ']';
	return true;
}

void generic_judge(
	struct verdict *v, const struct request *rq, const struct reply *rp)
{
	long status = rp->status;

	*v = (struct verdict){ .code = -1, .ack_id = VERDICT_NO_ACK };
	v->retry_after_ns = verdict_retry_after(rp->retry_after, rp->real_ns);
	if (status == 0)
		verdict_set(v, VERDICT_RETRY, false, "no reply");
	else if (status >= 200 && status < 300)
		verdict_set(v, VERDICT_DELIVERED, false, "success");
	else if (status >= 300 && status < 400)
		verdict_set(v, VERDICT_HOLD, false,
			"redirected; set the final URL");
	else if (status == 408 || status == 425)
		verdict_set(v, VERDICT_RETRY, false, "asked to try again");
	else if (status == 429 || status == 503)
		verdict_set(v, VERDICT_RETRY, true, "busy");
	else if (status == 413)
		verdict_set(v, VERDICT_SPLIT, false, "request body too large");
	else if (status == 415 && rq->compressed)
		verdict_set(v, VERDICT_PLAIN, false, "compression refused");
	else if (status == 401 || status == 403)
		verdict_set(v, VERDICT_HOLD, false,
			"not allowed; check the token and the headers");
	else if (status == 407)
		verdict_set(v, VERDICT_HOLD, false,
			"the proxy wants authorization");
	else if (status == 404 || status == 405)
		verdict_set(v, VERDICT_HOLD, false,
			"nothing takes events there; check the URL and the "
			"method");
	else if (status == 501 || status == 505)
		verdict_set(v, VERDICT_HOLD, false,
			"the server does not know such requests; check the "
			"URL and the method");
	else if (status >= 400 && status < 500)
		verdict_set(v, VERDICT_REFUSED, false, "refused");
	else if (status >= 500 && status < 600)
		verdict_set(v, VERDICT_RETRY, false, "server error");
	else
		verdict_set(v, VERDICT_UNKNOWN, false,
			"no HTTP status that is known");
}

const struct collector collector_http = {
	.envelope = ENVELOPE_NDJSON,
	.auth_scheme = "Bearer",
	.idempotent = true,
	.takes_zstd = true,
	.content_type = generic_content_type,
	.url = generic_url,
	.frame = generic_frame,
	.judge = generic_judge,
};
