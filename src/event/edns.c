#include "event/digits.h"
#include "event/edns.h"
#include "event/edns_option.h"

enum { EDNS_FLAG_DO = 0x8000 };

static struct slice options_of(const struct dns *d)
{
	return slice_from(d->msg.data + d->opt.rdata, d->opt.rdlen);
}

bool edns_is_broken(const struct dns *d)
{
	struct slice rest = options_of(d);
	struct dns_option option;
	bool malformed = false;

	while (dns_option_next(&rest, &option, &malformed))
		if (!edns_option_is_valid(&option))
			return true;
	return malformed;
}

void edns_write(struct json *j, const struct dns *d)
{
	struct slice rest = options_of(d);
	struct dns_option option;
	bool malformed;
	bool first = true;
	uint8_t *p;

	json_room(j, 128);
	p = JSON_PUT(j->p, "{\"udp-size\":");
	p = digits_u32(p, d->opt.class);
	p = JSON_PUT(p, ",\"rcode\":");
	p = digits_u32(p, d->opt.ttl >> 24);
	p = JSON_PUT(p, ",\"version\":");
	p = digits_u32(p, d->opt.ttl >> 16 & 0xff);
	if (d->opt.ttl & EDNS_FLAG_DO)
		p = JSON_PUT(p, ",\"dnssec-ok\":true,\"options\":[");
	else
		p = JSON_PUT(p, ",\"dnssec-ok\":false,\"options\":[");
	j->p = p;
	while (dns_option_next(&rest, &option, &malformed) && !j->full) {
		if (!first)
			json_put(j, ",");
		first = false;
		edns_option_write(j, &option);
	}
	json_put(j, "]}");
}
