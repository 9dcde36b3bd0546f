#include "event/json.h"
#include "event/swar.h"

static const char hex_digits[] = "0123456789abcdef";

void json_spill(struct json *j)
{
	if (!j->spilling) {
		j->rest = j->p;
		j->limit = j->end;
		j->spilling = true;
	} else if (!j->full) {
		size_t n = (size_t)(j->p - j->spill);

		if (n > (size_t)(j->limit - j->rest)) {
			j->full = true;
		} else {
			memcpy(j->rest, j->spill, n);
			j->rest += n;
		}
	}
	j->p = j->spill;
	j->end = j->spill + JSON_ROOM_MAX;
}

size_t json_end(struct json *j)
{
	if (!j->spilling)
		return (size_t)(j->p - j->start);
	json_spill(j);
	return j->full ? 0 : (size_t)(j->rest - j->start);
}

void json_ready(struct json *j, struct slice text)
{
	while (text.len > 0 && !j->full) {
		size_t n = text.len < JSON_ROOM_MAX ? text.len : JSON_ROOM_MAX;

		json_room(j, n);
		memcpy(j->p, text.data, n);
		j->p += n;
		text = slice_from(text.data + n, text.len - n);
	}
}

/*
 * The sequence at s (n octets are there, at least one): how many octets belong
 * to it, and its code point, or UTF8_BROKEN.  A broken one is as long as its
 * maximal subpart.  Unicode 15, table 3-7.
 */
enum { UTF8_BROKEN = 0xffffffff };
static size_t utf8_next(const uint8_t *s, size_t n, uint32_t *code)
{
	uint8_t lead = s[0];
	uint8_t low = 0x80;
	uint8_t high = 0xbf;
	size_t len;
	uint32_t c;

	*code = UTF8_BROKEN;
	if (lead < 0x80) {
		*code = lead;
		return 1;
	}
	if (lead < 0xc2 || lead > 0xf4)
		return 1;
	if (lead < 0xe0) {
		len = 2;
		c = lead & 0x1f;
	} else if (lead < 0xf0) {
		len = 3;
		c = lead & 0x0f;
		if (lead == 0xe0)
			low = 0xa0;
		else if (lead == 0xed)
			high = 0x9f;
	} else {
		len = 4;
		c = lead & 0x07;
		if (lead == 0xf0)
			low = 0x90;
		else if (lead == 0xf4)
			high = 0x8f;
	}
	for (size_t i = 1; i < len; i++) {
		if (i >= n || s[i] < low || s[i] > high)
			return i;
		c = c << 6 | (s[i] & 0x3f);
		low = 0x80;
		high = 0xbf;
	}
	*code = c;
	return len;
}

static bool is_control(uint32_t c)
{
	return c < 0x20 || (c >= 0x7f && c < 0xa0) || c == 0x2028 ||
	       c == 0x2029;
}

static uint8_t *put_code_escape(uint8_t *p, uint32_t c)
{
	p = JSON_PUT(p, "\\u");
	for (int shift = 12; shift >= 0; shift -= 4)
		*p++ = (uint8_t)hex_digits[c >> shift & 15];
	return p;
}

/* One character that needs a look; at most 6 octets are written. */
static uint8_t *put_special(uint8_t *p, const uint8_t *s, size_t n, size_t *i)
{
	uint32_t c;
	size_t len = utf8_next(s + *i, n - *i, &c);

	if (c == UTF8_BROKEN) {
		p = JSON_PUT(p, "\xef\xbf\xbd");
	} else if (c == '"' || c == '\\') {
		*p++ = '\\';
		*p++ = (uint8_t)c;
	} else if (c == '\n') {
		p = JSON_PUT(p, "\\n");
	} else if (c == '\r') {
		p = JSON_PUT(p, "\\r");
	} else if (c == '\t') {
		p = JSON_PUT(p, "\\t");
	} else if (is_control(c)) {
		p = put_code_escape(p, c);
	} else {
		for (size_t k = 0; k < len; k++)
			*p++ = s[*i + k];
	}
	*i += len;
	return p;
}

void json_text(struct json *j, struct slice text)
{
	enum { RUN = 512 };
	const uint8_t *s = text.data;
	size_t n = text.len;
	size_t i = 0;

	while (i < n && !j->full) {
		uint8_t *p, *stop;

		json_room(j, RUN + 8);
		p = j->p;
		stop = p + RUN;
		while (i < n && p < stop) {
			/*
			 * Eight at a time.  At the end the eight begin before
			 * i: those are then written once more, as they are.
			 */
			size_t back = n - i < 8 ? 8 - (n - i) : 0;

			if (back <= i && back <= (size_t)(p - j->p)) {
				uint64_t x = swar_load(s + i - back);

				if (swar_is_plain(x)) {
					swar_store(p - back, x);
					p += 8 - back;
					i += 8 - back;
					continue;
				}
			}
			if (swar_octet_is_plain(s[i]))
				*p++ = s[i++];
			else
				p = put_special(p, s, n, &i);
		}
		j->p = p;
	}
}

bool json_text_is_plain(struct slice text)
{
	for (size_t i = 0; i < text.len;) {
		uint32_t c;

		i += utf8_next(text.data + i, text.len - i, &c);
		if (c == UTF8_BROKEN || is_control(c))
			return false;
	}
	return true;
}

void json_hex(struct json *j, struct slice bytes)
{
	enum { RUN = 512 };
	size_t i = 0;

	while (i < bytes.len && !j->full) {
		size_t stop = bytes.len - i > RUN ? i + RUN : bytes.len;

		json_room(j, 2 * RUN);
		for (; i < stop; i++) {
			*j->p++ = (uint8_t)hex_digits[bytes.data[i] >> 4];
			*j->p++ = (uint8_t)hex_digits[bytes.data[i] & 15];
		}
	}
}

/* Three octets to four characters. */
static inline void put_base64_group(uint8_t *p, const uint8_t s[3])
{
	static const char alphabet[] =
		"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
		"0123456789+/";
	uint32_t v = (uint32_t)s[0] << 16 | (uint32_t)s[1] << 8 | s[2];

	p[0] = (uint8_t)alphabet[v >> 18];
	p[1] = (uint8_t)alphabet[v >> 12 & 63];
	p[2] = (uint8_t)alphabet[v >> 6 & 63];
	p[3] = (uint8_t)alphabet[v & 63];
}

void json_base64(struct json *j, struct slice bytes)
{
	enum { RUN = 3 * 256 };
	size_t whole = bytes.len - bytes.len % 3;
	size_t i = 0;

	while (i < whole && !j->full) {
		size_t stop = whole - i > RUN ? i + RUN : whole;
		uint8_t *p;

		json_room(j, RUN / 3 * 4);
		for (p = j->p; i < stop; i += 3, p += 4)
			put_base64_group(p, bytes.data + i);
		j->p = p;
	}
	if (whole < bytes.len) {
		uint8_t last[3] = { 0 };

		memcpy(last, bytes.data + whole, bytes.len - whole);
		json_room(j, 4);
		put_base64_group(j->p, last);
		memcpy(j->p + 1 + bytes.len - whole,
			"==", 3 - (bytes.len - whole));
		j->p += 4;
	}
}
