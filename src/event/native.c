/*
 * Native: the dialect with the nested names of DNS-collector, typed.
 */
#include "event/dialect.h"
#include "event/digits.h"
#include "event/edns.h"
#include "event/ip_text.h"
#include "event/tap_text.h"

static void write_network(struct encoder *e, struct json *j,
	const struct dnstap *t, uint8_t first)
{
	uint8_t sep = '{';
	uint8_t *p;

	json_room(j, 256);
	p = j->p;
	*p++ = first;
	p = JSON_PUT(p, "\"network\":");
	if (t->has & DNSTAP_HAS_FAMILY) {
		p = JSON_PUT(p, "{\"family\":\"");
		p = mnemonic_enum(
			p, e->words.families, MNEMONIC_FAMILIES, t->family);
		*p++ = '"';
		sep = ',';
	}
	if (t->has & DNSTAP_HAS_PROTOCOL) {
		*p++ = sep;
		p = JSON_PUT(p, "\"protocol\":\"");
		p = mnemonic_enum(
			p, e->words.protocols, MNEMONIC_PROTOCOLS, t->protocol);
		*p++ = '"';
		sep = ',';
	}
	if (t->query_address.len > 0) {
		*p++ = sep;
		j->p = JSON_PUT(p, "\"query-ip\":\"");
		address_write(j, t->query_address);
		json_room(j, 256);
		p = j->p;
		*p++ = '"';
		sep = ',';
	}
	if (t->has & DNSTAP_HAS_QUERY_PORT) {
		*p++ = sep;
		p = JSON_PUT(p, "\"query-port\":");
		p = digits_u32(p, t->query_port);
		sep = ',';
	}
	if (t->response_address.len > 0) {
		*p++ = sep;
		j->p = JSON_PUT(p, "\"response-ip\":\"");
		address_write(j, t->response_address);
		json_room(j, 256);
		p = j->p;
		*p++ = '"';
		sep = ',';
	}
	if (t->has & DNSTAP_HAS_RESPONSE_PORT) {
		*p++ = sep;
		p = JSON_PUT(p, "\"response-port\":");
		p = digits_u32(p, t->response_port);
		sep = ',';
	}
	if (t->has & DNSTAP_HAS_HTTP_PROTOCOL) {
		*p++ = sep;
		p = JSON_PUT(p, "\"http-protocol\":\"");
		p = mnemonic_name(p,
			dnstap_http_protocol_name(t->http_protocol),
			t->http_protocol);
		*p++ = '"';
		sep = ',';
	}
	if (sep == '{')
		*p++ = sep;
	*p++ = '}';
	j->p = p;
}

/* Return: false when the name or the data is broken. */
static bool write_record(struct encoder *e, struct json *j, const struct dns *d,
	const struct dns_record *r)
{
	bool good;
	uint8_t *p;

	json_put(j, "{\"name\":\"");
	good = name_memo_write(&e->names, j, d->msg, r->name);
	json_room(j, 160);
	p = JSON_PUT(j->p, "\",\"rdatatype\":\"");
	p = mnemonic_type(p, &e->words, r->type);
	p = JSON_PUT(p, "\",\"class\":\"");
	p = mnemonic_class(p, r->class);
	p = JSON_PUT(p, "\",\"ttl\":");
	p = digits_u32(p, r->ttl);
	j->p = JSON_PUT(p, ",\"rdata\":\"");
	good &= rdata_write(e->rdata, j, d->msg, r);
	json_put(j, "\"}");
	return good;
}

/* Return: false when a record is broken. */
static bool write_section(struct encoder *e, struct json *j,
	const struct dns *d, enum dns_section section)
{
	const struct dns_record *r = d->records + d->first[section];
	const struct dns_record *end = r + d->n_records[section];
	bool good = true;
	bool first = true;

	for (; r < end && !j->full; r++) {
		if (is_opt_record(d, r))
			continue;
		if (!first)
			json_put(j, ",");
		first = false;
		good &= write_record(e, j, d, r);
	}
	return good;
}

static void write_question(
	struct encoder *e, struct json *j, const struct dns *d)
{
	uint8_t *p;

	json_put(j, ",\"qname\":\"");
	name_memo_write(&e->names, j, d->msg, d->qname);
	json_room(j, 128);
	p = j->p;
	if (d->has_question) {
		p = JSON_PUT(p, "\",\"qtype\":\"");
		p = mnemonic_type(p, &e->words, d->qtype);
		p = JSON_PUT(p, "\",\"qclass\":\"");
		p = mnemonic_class(p, d->qclass);
	}
	*p++ = '"';
	j->p = p;
}

static void write_counts_and_flags(
	struct encoder *e, struct json *j, const struct dns *d)
{
	const struct flag_text *flags = &e->flags[flag_text_index(d->flags)];
	uint8_t *p;

	json_room(j, 256);
	p = JSON_PUT(j->p, ",\"qdcount\":");
	p = digits_u32(p, d->count[0]);
	p = JSON_PUT(p, ",\"ancount\":");
	p = digits_u32(p, d->count[1]);
	p = JSON_PUT(p, ",\"nscount\":");
	p = digits_u32(p, d->count[2]);
	p = JSON_PUT(p, ",\"arcount\":");
	p = digits_u32(p, d->count[3]);
	memcpy(p, flags->text, FLAG_TEXT_MAX);
	j->p = p + flags->len;
}

/* Return: false when a record is broken. */
static bool write_records(
	struct encoder *e, struct json *j, const struct dns *d)
{
	bool good;

	json_put(j, ",\"resource-records\":{\"an\":[");
	good = write_section(e, j, d, DNS_ANSWER);
	json_put(j, "],\"ns\":[");
	good &= write_section(e, j, d, DNS_AUTHORITY);
	json_put(j, "],\"ar\":[");
	good &= write_section(e, j, d, DNS_ADDITIONAL);
	json_put(j, "]},");
	return good;
}

static void write_dns(struct encoder *e, struct json *j, const struct dns *d)
{
	bool malformed = d->malformed;
	uint8_t *p;

	json_room(j, 256);
	p = JSON_PUT(j->p, ",\"dns\":{");
	if (d->has_header) {
		p = JSON_PUT(p, "\"id\":");
		p = digits_u32(p, d->id);
		*p++ = ',';
	}
	p = JSON_PUT(p, "\"length\":");
	p = digits_u32(p, (uint32_t)d->msg.len);
	if (d->has_header) {
		p = JSON_PUT(p, ",\"opcode\":\"");
		p = word_put(p, &e->words.opcodes[dns_opcode(d)]);
		p = JSON_PUT(p, "\",\"rcode\":\"");
		p = mnemonic_rcode(p, &e->words, dns_rcode(d));
		*p++ = '"';
		j->p = p;
		if (d->has_qname)
			write_question(e, j, d);
		write_counts_and_flags(e, j, d);
		malformed |= !write_records(e, j, d);
		malformed |= d->has_opt && edns_is_broken(d);
	} else {
		*p++ = ',';
		j->p = p;
	}
	if (malformed)
		json_put(j, "\"malformed-packet\":true");
	else
		json_put(j, "\"malformed-packet\":false");
	raw_write(e, j, d, malformed);
	json_put(j, "}");
	if (d->has_opt) {
		json_put(j, ",\"edns\":");
		edns_write(j, d);
	}
}

void native_write(struct encoder *e, struct json *j, const struct event *event,
	uint8_t first)
{
	write_network(e, j, &event->tap, first);
	if (event->has_dns)
		write_dns(e, j, &event->dns);
	json_put(j, ",\"dnstap\":");
	tap_write(e, j, &event->tap);
	json_put(j, "}");
}
