#include "collector/health.h"

#include <errno.h>
#include <stdio.h>

#include "collector/url.h"

void health_judge_status(struct health_verdict *v, long status, unsigned wanted)
{
	bool well = wanted == 0 ? status >= 200 && status < 300
				: status == (long)wanted;

	v->sign = well ? HEALTH_WELL : HEALTH_ILL;
	snprintf(v->reason, sizeof(v->reason), "health check: status %ld",
		status);
}

int health_path(struct buf *url, const char *post, const char *path)
{
	char *text = NULL;
	CURLU *u;
	int r = url_parse(&u, post);

	if (r != 0)
		return r > 0 ? -EINVAL : r;
	r = -ENOMEM;
	if (curl_url_set(u, CURLUPART_QUERY, NULL, 0) == CURLUE_OK &&
		curl_url_set(u, CURLUPART_PATH, path, 0) == CURLUE_OK &&
		curl_url_get(u, CURLUPART_URL, &text, 0) == CURLUE_OK) {
		buf_add_str(url, text);
		r = buf_failed(url) ? -ENOMEM : 0;
	}
	curl_free(text);
	curl_url_cleanup(u);
	return r;
}
