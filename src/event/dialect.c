#include <stdio.h>

#include "event/dialect.h"
#include "event/ip_text.h"

void address_write(struct json *j, struct slice address)
{
	json_room(j, IP_TEXT_ROOM);
	if (address.len == 4)
		j->p = ip4_text(j->p, address.data);
	else if (address.len == 16)
		j->p = ip6_text(j->p, address.data);
	else
		json_hex(j, address);
}

void raw_write(const struct encoder *e, struct json *j, const struct dns *d,
	bool malformed)
{
	if (e->include_raw == RAW_NEVER ||
		(e->include_raw == RAW_MALFORMED && !malformed))
		return;
	json_put(j, ",\"raw\":\"");
	json_base64(j, d->msg);
	json_put(j, "\"");
}

void flag_texts_init(struct flag_text texts[FLAG_TEXTS])
{
	for (unsigned i = 0; i < FLAG_TEXTS; i++) {
		const char *value[2] = { "false", "true" };

		texts[i].len = (uint8_t)snprintf(texts[i].text,
			sizeof(texts[i].text),
			",\"flags\":{\"qr\":%s,\"aa\":%s,\"tc\":%s,\"rd\":%s,"
			"\"ra\":%s,\"ad\":%s,\"cd\":%s}",
			value[i >> 6 & 1], value[i >> 5 & 1], value[i >> 4 & 1],
			value[i >> 3 & 1], value[i >> 2 & 1], value[i >> 1 & 1],
			value[i & 1]);
	}
}
