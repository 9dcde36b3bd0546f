/* One value of the table: field to text, and fields compared. */
#include <inttypes.h>
#include <string.h>

#include "base/units.h"
#include "control/setting_text.h"

static uint64_t field_load(const struct setting *s, const void *base)
{
	const void *field = (const char *)base + s->offset;

	switch (s->size) {
	case 1:
		return *(const uint8_t *)field;
	case 4:
		return *(const uint32_t *)field;
	default:
		return *(const uint64_t *)field;
	}
}

static void format_enum(
	const struct setting *s, uint64_t wanted, struct buf *out)
{
	const char *p = s->allowed;
	struct slice name;
	int next = 0, value;

	while ((value = setting_enum_next(&p, &next, &name)) >= 0) {
		if ((uint64_t)value == wanted) {
			buf_add(out, name.data, name.len);
			return;
		}
	}
}

static void format_address(const struct address *a, struct buf *out)
{
	char text[ADDRESS_TEXT_MAX];

	address_format(&a->sa, a->len, text, sizeof(text));
	buf_printf(out, "%s%s",
		address_is_unix(a) ? ""
		: a->tls           ? "tls://"
				   : "tcp://",
		text);
}

static void format_endpoint(const struct address *a, struct buf *out)
{
	char text[ADDRESS_TEXT_MAX];

	if (a->len == 0)
		return;
	address_format(&a->sa, a->len, text, sizeof(text));
	buf_add_str(out, text);
}

static void format_proxy(const char *url, struct buf *out)
{
	const char *at = strrchr(url, '@'), *colon = strchr(url, ':');

	if (at == NULL) {
		buf_add_str(out, url);
		return;
	}
	buf_add(out, url, (size_t)(colon - url));
	buf_printf(out, "://%s%s", SECRET_MASK, at);
}

void setting_format(const struct setting *s, const void *base, struct buf *out)
{
	const void *field = (const char *)base + s->offset;
	char text[UNITS_TEXT_MAX];
	const char *string;

	switch (s->type) {
	case SETTING_INT:
		buf_printf(out, "%" PRIu64, field_load(s, base));
		break;
	case SETTING_DURATION:
		units_format_duration(field_load(s, base), text, sizeof(text));
		if (setting_zero_word(s) != NULL && field_load(s, base) == 0)
			buf_add_str(out, setting_zero_word(s));
		else
			buf_add_str(out, text);
		break;
	case SETTING_SIZE:
		units_format_size(field_load(s, base), text, sizeof(text));
		buf_add_str(out, text);
		break;
	case SETTING_ENUM:
		format_enum(s, field_load(s, base), out);
		break;
	case SETTING_BOOL:
		buf_add_str(out, field_load(s, base) ? "true" : "false");
		break;
	case SETTING_MODE:
		buf_printf(out, "%04o", (unsigned)field_load(s, base));
		break;
	case SETTING_ADDRESS:
		format_address(field, out);
		break;
	case SETTING_ENDPOINT:
		format_endpoint(field, out);
		break;
	case SETTING_NETWORKS:
		cidr_list_format(field, out);
		break;
	case SETTING_HEADERS:
		header_list_format(field, SECRET_MASK, out);
		break;
	default:
		string = *(const char *const *)field;
		if (string != NULL && s->type == SETTING_PROXY)
			format_proxy(string, out);
		else if (string != NULL)
			buf_add_str(out,
				setting_secret(s->type) ? SECRET_MASK : string);
		break;
	}
}

static bool same_headers(
	const struct header_list *a, const struct header_list *b)
{
	for (size_t i = 0; a->n == b->n && i < a->n; i++)
		if (strcmp(a->lines[i], b->lines[i]) != 0)
			return false;
	return a->n == b->n;
}

static bool same_when_formatted(
	const struct setting *s, const void *a, const void *b)
{
	struct buf x = BUF_NULL, y = BUF_NULL;
	bool same;

	setting_format(s, a, &x);
	setting_format(s, b, &y);
	same = !buf_failed(&x) && !buf_failed(&y) &&
	       strcmp(buf_str(&x), buf_str(&y)) == 0;
	buf_deinit(&x);
	buf_deinit(&y);
	return same;
}

bool setting_same(const struct setting *s, const void *a, const void *b)
{
	const void *x = (const char *)a + s->offset;
	const void *y = (const char *)b + s->offset;
	const char *text, *other;

	switch (s->type) {
	case SETTING_INT:
	case SETTING_DURATION:
	case SETTING_SIZE:
	case SETTING_ENUM:
	case SETTING_BOOL:
	case SETTING_MODE:
		return field_load(s, a) == field_load(s, b);
	case SETTING_ADDRESS:
	case SETTING_ENDPOINT:
	case SETTING_NETWORKS:
		return same_when_formatted(s, a, b);
	case SETTING_HEADERS:
		return same_headers(x, y);
	default:
		text = *(const char *const *)x;
		other = *(const char *const *)y;
		return text == other || (text != NULL && other != NULL &&
						strcmp(text, other) == 0);
	}
}
