#include "load/profile.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/units.h"

static bool take_word(const char **text, const char *word)
{
	size_t len = strlen(word);

	if (strncmp(*text, word, len) != 0)
		return false;
	*text += len;
	return true;
}

static bool take_rate(const char **text, uint64_t *rate)
{
	char *end;

	if (**text < '0' || **text > '9') /* no sign, no space */
		return false;
	errno = 0;
	*rate = strtoull(*text, &end, 10);
	*text = end;
	return errno == 0;
}

/* A duration that ends at `stop` or with the text. */
static bool take_duration(const char **text, char stop, uint64_t *ns)
{
	char copy[UNITS_TEXT_MAX];
	const char *end = strchr(*text, stop);
	size_t len = end != NULL ? (size_t)(end - *text) : strlen(*text);

	if (len >= sizeof(copy))
		return false;
	memcpy(copy, *text, len);
	copy[len] = '\0';
	*text += len;
	return units_parse_duration(copy, ns) == 0 && *ns > 0;
}

int profile_parse(struct pacer *p, const char *text)
{
	struct pacer parsed = { 0 };
	bool ramp = take_word(&text, "ramp:");

	if (!ramp && !take_word(&text, "spike:"))
		return PROFILE_E_SYNTAX;
	if (!take_rate(&text, &parsed.from) || !take_word(&text, "..") ||
		!take_rate(&text, &parsed.rate) || !take_word(&text, "/") ||
		!take_duration(&text, '@', &parsed.ramp_ns))
		return PROFILE_E_SYNTAX;
	if (!ramp) {
		if (!take_word(&text, "@") ||
			!take_duration(&text, '\0', &parsed.every_ns))
			return PROFILE_E_SYNTAX;
		if (parsed.ramp_ns > parsed.every_ns)
			return PROFILE_E_LENGTH;
		parsed.peak = parsed.rate;
		parsed.peak_ns = parsed.ramp_ns;
		parsed.rate = parsed.from;
		parsed.from = parsed.ramp_ns = 0;
	}
	if (*text != '\0')
		return PROFILE_E_SYNTAX;
	if (!pacer_limits(&parsed))
		return PROFILE_E_NOTHING;
	*p = parsed;
	return 0;
}

const char *profile_error_text(int error)
{
	switch (error) {
	case PROFILE_E_NOTHING:
		return "both rates are 0: nothing would be sent";
	case PROFILE_E_LENGTH:
		return "a spike cannot last longer than from one to the next; "
		       "write LENGTH@EVERY";
	default:
		return "write ramp:FROM..TO/DURATION, as ramp:0..100000/30s, "
		       "or "
		       "spike:RATE..PEAK/LENGTH@EVERY, as "
		       "spike:1000..50000/2s@10s";
	}
}
