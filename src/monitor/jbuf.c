#include "monitor/jbuf.h"

#include <inttypes.h>
#include <math.h>

#include "event/json.h"

static void begin(struct jbuf *j, const char *key)
{
	if (j->comma)
		buf_add_str(j->out, ",");
	j->comma = true;
	if (key != NULL)
		buf_printf(j->out, "\"%s\":", key);
}

void jbuf_open(struct jbuf *j, const char *key, char bracket)
{
	begin(j, key);
	buf_add(j->out, &bracket, 1);
	j->comma = false;
}

void jbuf_close(struct jbuf *j, char bracket)
{
	buf_add(j->out, &bracket, 1);
	j->comma = true;
}

void jbuf_u64(struct jbuf *j, const char *key, uint64_t value)
{
	begin(j, key);
	buf_printf(j->out, "%" PRIu64, value);
}

void jbuf_real(struct jbuf *j, const char *key, double value)
{
	begin(j, key);
	if (isfinite(value))
		buf_printf(j->out, "%.6g", value);
	else
		buf_add_str(j->out, "null");
}

void jbuf_bool(struct jbuf *j, const char *key, bool value)
{
	begin(j, key);
	buf_add_str(j->out, value ? "true" : "false");
}

void jbuf_slice(struct jbuf *j, const char *key, struct slice text)
{
	/* an octet becomes six at most: \u001f, or U+FFFD's three */
	uint8_t escaped[6 * JBUF_TEXT_MAX], spill[JSON_ROOM_MAX];
	struct json json = json_begin(escaped, sizeof(escaped), spill);

	begin(j, key);
	if (text.len > JBUF_TEXT_MAX)
		text.len = JBUF_TEXT_MAX;
	json_text(&json, text);
	buf_add_str(j->out, "\"");
	buf_add(j->out, escaped, json_end(&json));
	buf_add_str(j->out, "\"");
}

void jbuf_null(struct jbuf *j, const char *key)
{
	begin(j, key);
	buf_add_str(j->out, "null");
}

void jbuf_text(struct jbuf *j, const char *key, const char *text)
{
	if (text == NULL)
		jbuf_null(j, key);
	else
		jbuf_slice(j, key, slice_from(text, strlen(text)));
}

void jbuf_raw(struct jbuf *j, const char *key, const char *value)
{
	begin(j, key);
	buf_add_str(j->out, value);
}
