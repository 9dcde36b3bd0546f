#include "collector/verdict.h"

#include <ctype.h>
#include <curl/curl.h>
#include <stdio.h>

#include "base/clock.h"

/* A collector that says "tomorrow" is asked again in an hour. */
#define RETRY_AFTER_MAX_S UINT64_C(3600)

void verdict_set(struct verdict *v, enum verdict_action action, bool slow_down,
	const char *reason)
{
	v->action = action;
	v->slow_down = slow_down;
	snprintf(v->reason, sizeof(v->reason), "%s", reason);
}

uint64_t verdict_retry_after(const char *value, uint64_t real_ns)
{
	uint64_t s = 0;

	if (value == NULL)
		return 0;
	while (*value == ' ' || *value == '\t')
		value++;
	if (isdigit((unsigned char)*value)) {
		for (; isdigit((unsigned char)*value); value++)
			if (s <= RETRY_AFTER_MAX_S)
				s = s * 10 + (uint64_t)(*value - '0');
		while (*value == ' ' || *value == '\t')
			value++;
		if (*value != '\0')
			return 0;
	} else if (isalpha((unsigned char)*value)) {
		/* every HTTP date form starts with the day's name */
		time_t at = curl_getdate(value, NULL);

		if (at < 0 || (uint64_t)at <= real_ns / NS_PER_S)
			return 0;
		if ((uint64_t)at - real_ns / NS_PER_S <= RETRY_AFTER_MAX_S)
			return (uint64_t)at * NS_PER_S - real_ns;
		s = RETRY_AFTER_MAX_S;
	}
	return (s < RETRY_AFTER_MAX_S ? s : RETRY_AFTER_MAX_S) * NS_PER_S;
}
