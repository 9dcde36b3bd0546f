/* One value of the table: text to field. */
#include "control/setting_text.h"

#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/units.h"
#include "collector/url.h"

/* The units the number types are written in; 0, or UNITS_E_*. */
static int number_parse(
	enum setting_type type, const char *text, uint64_t *value)
{
	char *end;

	if (type == SETTING_DURATION)
		return units_parse_duration(text, value);
	if (type == SETTING_SIZE)
		return units_parse_size(text, value);
	if (*text == '-')
		return UNITS_E_RANGE;
	if (!isdigit((unsigned char)*text))
		return UNITS_E_SYNTAX;
	errno = 0;
	*value = strtoull(text, &end, 10);
	if (*end != '\0')
		return UNITS_E_SYNTAX;
	return errno == ERANGE ? UNITS_E_RANGE : 0;
}

const char *setting_zero_word(const struct setting *s)
{
	return strncmp(s->allowed, "auto or ", 8) == 0 ? "auto" : NULL;
}

/* "min..max", "0 or min..max" or "auto or min..max". */
static bool number_allowed(const struct setting *s, uint64_t value)
{
	const char *min_text = s->allowed, *dots = strstr(s->allowed, "..");
	uint64_t min = 0, max = UINT64_MAX;
	char first[UNITS_TEXT_MAX];

	if (strncmp(min_text, "0 or ", 5) == 0) {
		if (value == 0)
			return true;
		min_text += 5;
	} else if (setting_zero_word(s) != NULL) {
		min_text += 8;
	}
	snprintf(
		first, sizeof(first), "%.*s", (int)(dots - min_text), min_text);
	number_parse(s->type, first, &min);
	number_parse(s->type, dots + 2, &max);
	return value >= min && value <= max;
}

static void field_store(const struct setting *s, void *base, uint64_t value)
{
	void *field = (char *)base + s->offset;

	switch (s->size) {
	case 1:
		*(uint8_t *)field = (uint8_t)value;
		break;
	case 4:
		*(uint32_t *)field = (uint32_t)value;
		break;
	case 8:
		*(uint64_t *)field = value;
		break;
	}
}

static int wrong(struct buf *why, const struct setting *s, const char *text,
	const char *problem)
{
	if (setting_secret(s->type) || s->type == SETTING_PROXY) {
		buf_printf(why, "%s", problem);
		return -EINVAL;
	}
	buf_add_str(why, "\"");
	if (s->type == SETTING_URL)
		url_quote(why, text);
	else
		buf_add_str(why, text);
	buf_printf(why, "\" %s", problem);
	return -EINVAL;
}

static int parse_number(
	const struct setting *s, const char *text, void *base, struct buf *why)
{
	uint64_t value = 0;
	const char *word = setting_zero_word(s);
	int r = 0;

	if (word != NULL && strcmp(text, word) == 0) {
		field_store(s, base, 0);
		return 0;
	}
	r = number_parse(s->type, text, &value);
	if (r == UNITS_E_SYNTAX)
		wrong(why, s, text,
			s->type == SETTING_INT ? "is not a whole number"
			: s->type == SETTING_SIZE
				? "is not a size such as \"64KiB\" "
				  "(units: " UNITS_OF_SIZE ")"
				: "is not a duration such as \"500ms\" "
				  "(units: " UNITS_OF_DURATION ")");
	else if (r == UNITS_E_NO_UNIT)
		wrong(why, s, text, "needs a unit: " UNITS_OF_DURATION);
	else if (r != 0 || !number_allowed(s, value))
		wrong(why, s, text, "is out of range");
	else {
		field_store(s, base, value);
		return 0;
	}
	buf_printf(why, " (allowed: %s%s%s)", s->allowed, *s->unit ? " " : "",
		s->unit);
	return -EINVAL;
}

int setting_enum_next(const char **p, int *value, struct slice *name)
{
	size_t len = strcspn(*p, "|/");

	if (len == 0)
		return -1;
	*name = slice_from(*p, len);
	*p += len;
	if (**p == '\0')
		return *value;
	return *(*p)++ == '|' ? (*value)++ : *value;
}

static int parse_enum(
	const struct setting *s, const char *text, void *base, struct buf *why)
{
	const char *p = s->allowed, *best = NULL;
	unsigned nearest = 3;
	struct slice name;
	int next = 0, value;
	char word[32];

	while ((value = setting_enum_next(&p, &next, &name)) >= 0) {
		snprintf(word, sizeof(word), "%.*s", (int)name.len,
			(const char *)name.data);
		if (strcasecmp(word, text) == 0) {
			field_store(s, base, (uint64_t)value);
			return 0;
		}
		if (text_distance(word, text) < nearest) {
			nearest = text_distance(word, text);
			best = (const char *)name.data;
		}
	}
	wrong(why, s, text, "is not one of the words allowed");
	buf_add_str(why, " (allowed: ");
	for (p = s->allowed, next = 0;
		(value = setting_enum_next(&p, &next, &name)) >= 0;) {
		if (name.data != (const uint8_t *)s->allowed)
			buf_add_str(why, ", ");
		buf_add(why, name.data, name.len);
	}
	if (best != NULL)
		buf_printf(why, "; did you mean %.*s?",
			(int)strcspn(best, "|/"), best);
	buf_add_str(why, ")");
	return -EINVAL;
}

static int parse_bool(
	const struct setting *s, const char *text, void *base, struct buf *why)
{
	bool on = strcmp(text, "true") == 0;

	if (!on && strcmp(text, "false") != 0)
		return wrong(why, s, text, "is neither true nor false");
	field_store(s, base, on);
	return 0;
}

static int parse_mode(
	const struct setting *s, const char *text, void *base, struct buf *why)
{
	size_t len = strspn(text, "01234567");

	if (len < 3 || len > 4 || text[len] != '\0' ||
		strtoul(text, NULL, 8) > 0777)
		return wrong(why, s, text,
			"is not an octal mode such as \"0660\" "
			"(allowed: 0000..0777)");
	field_store(s, base, strtoul(text, NULL, 8));
	return 0;
}

static int parse_address(
	const struct setting *s, const char *text, void *base, struct buf *why)
{
	int r = address_parse(
		(struct address *)(void *)((char *)base + s->offset), text);

	if (r == 0)
		return 0;
	wrong(why, s, text, "is not an address to listen on: ");
	buf_add_str(why, address_error_text(r));
	return -EINVAL;
}

static int parse_endpoint(
	const struct setting *s, const char *text, void *base, struct buf *why)
{
	struct address *a = (void *)((char *)base + s->offset);
	struct buf tcp = BUF_NULL;
	int r = 0;

	*a = (struct address){ 0 };
	if (*text == '\0')
		return 0;
	buf_printf(&tcp, "%s%s",
		strncmp(text, "tcp://", 6) == 0 ? "" : "tcp://", text);
	if (buf_failed(&tcp))
		r = -ENOMEM;
	else if ((r = address_parse(a, buf_str(&tcp))) != 0)
		r = wrong(why, s, text,
			"is not an address and port such as "
			"\"127.0.0.1:9165\" or \"[::1]:9165\"");
	buf_deinit(&tcp);
	return r;
}

static int parse_networks(
	const struct setting *s, const char *text, void *base, struct buf *why)
{
	struct cidr_list *field = (void *)((char *)base + s->offset);
	struct cidr_list parsed;
	int r = cidr_list_parse(&parsed, text, why);

	if (r != 0)
		return r;
	cidr_list_deinit(field);
	*field = parsed;
	return 0;
}

static int parse_headers(
	const struct setting *s, const char *text, void *base, struct buf *why)
{
	struct header_list *field = (void *)((char *)base + s->offset);
	struct header_list parsed;
	int r = header_list_parse(&parsed, text, why);

	if (r != 0)
		return r;
	header_list_deinit(field);
	*field = parsed;
	return 0;
}

const char *setting_text_problem(enum setting_type type, const char *text)
{
	static const char letters[] =
		"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
		"0123456789_-";

	for (const char *p = text; *p != '\0'; p++) {
		if ((unsigned char)*p < ' ' || *p == 0x7f)
			return "has control characters in it";
		if (type == SETTING_SECRET && (*p == ' ' || *p & 0x80))
			return "has characters in it that no token has "
			       "(spaces, "
			       "or beyond ASCII)";
	}
	if (setting_secret(type) && strcmp(text, SECRET_MASK) == 0)
		return "is the mask that --print-config prints: put the "
		       "secret itself there";
	if (type == SETTING_NAME &&
		(text[strspn(text, letters)] != '\0' || strlen(text) > 64 ||
			text[strspn(text, "0123456789")] == '\0'))
		return "is not a name: 1 to 64 letters, digits, '_' and '-', "
		       "not digits alone";
	return NULL;
}

static int parse_text(
	const struct setting *s, const char *text, void *base, struct buf *why)
{
	const char **field = (const char **)(void *)((char *)base + s->offset);
	const char *problem;
	int r = 0;

	if (*text == '\0')
		problem = s->def == NULL ? "is empty" : NULL;
	else
		problem = setting_text_problem(s->type, text);
	if (problem == NULL && s->type == SETTING_PROXY && *text != '\0')
		problem = setting_proxy_problem(text);
	if (problem == NULL && s->type == SETTING_URL) {
		r = url_check(text);
		if (r > 0) /* without memory it is judged when it is used */
			problem = url_error_text(r);
	}
	if (problem != NULL)
		return wrong(why, s, text, problem);
	*field = *text != '\0' ? text : NULL;
	return 0;
}

int setting_parse(
	const struct setting *s, const char *text, void *base, struct buf *why)
{
	switch (s->type) {
	case SETTING_INT:
	case SETTING_DURATION:
	case SETTING_SIZE:
		return parse_number(s, text, base, why);
	case SETTING_ENUM:
		return parse_enum(s, text, base, why);
	case SETTING_BOOL:
		return parse_bool(s, text, base, why);
	case SETTING_MODE:
		return parse_mode(s, text, base, why);
	case SETTING_ADDRESS:
		return parse_address(s, text, base, why);
	case SETTING_ENDPOINT:
		return parse_endpoint(s, text, base, why);
	case SETTING_NETWORKS:
		return parse_networks(s, text, base, why);
	case SETTING_HEADERS:
		return parse_headers(s, text, base, why);
	default:
		return parse_text(s, text, base, why);
	}
}
