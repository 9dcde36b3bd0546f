/*
 * Cim: flat fields of Splunk's Common Information Model, Network Resolution
 * (DNS).
 *
 * The client's side of the exchange is src, whichever message it is; the
 * fields of a reply are only there when the message is one.
 */
#include "event/dialect.h"
#include "event/digits.h"
#include "event/edns.h"
#include "event/tap_text.h"

static void write_peers(struct encoder *e, struct json *j,
	const struct dnstap *t, uint8_t first)
{
	json_room(j, 64);
	*j->p++ = first;
	if (dnstap_is_response(t))
		json_put(j, "\"message_type\":\"Response\"");
	else
		json_put(j, "\"message_type\":\"Query\"");
	if (t->query_address.len > 0) {
		json_put(j, ",\"src\":\"");
		address_write(j, t->query_address);
		json_put(j, "\"");
	}
	if (t->has & DNSTAP_HAS_QUERY_PORT) {
		json_put(j, ",\"src_port\":");
		json_room(j, DIGITS_U32_MAX);
		j->p = digits_u32(j->p, t->query_port);
	}
	if (t->response_address.len > 0) {
		json_put(j, ",\"dest\":\"");
		address_write(j, t->response_address);
		json_put(j, "\"");
	}
	if (t->has & DNSTAP_HAS_RESPONSE_PORT) {
		json_put(j, ",\"dest_port\":");
		json_room(j, DIGITS_U32_MAX);
		j->p = digits_u32(j->p, t->response_port);
	}
	if (t->has & DNSTAP_HAS_PROTOCOL) {
		uint8_t *p;

		json_put(j, ",\"transport\":\"");
		json_room(j, WORD_MAX + 1);
		p = mnemonic_enum(j->p, e->words.protocols, MNEMONIC_PROTOCOLS,
			t->protocol);
		for (; j->p < p; j->p++)
			if (*j->p >= 'A' && *j->p <= 'Z')
				*j->p |= 0x20;
		*j->p++ = '"';
	}
}

/* What came with the dnstap message besides the DNS message */
static void write_exchange(
	struct encoder *e, struct json *j, const struct dnstap *t)
{
	uint64_t sec;
	uint32_t nsec;
	uint8_t *p;

	if (tap_latency(t, &sec, &nsec)) {
		json_room(j, 128);
		p = JSON_PUT(j->p, ",\"duration\":");
		p = stamp_put_duration(p, sec, nsec);
		p = JSON_PUT(p, ",\"response_time\":");
		j->p = stamp_put_duration(p, sec, nsec);
	}
	if (t->has & DNSTAP_HAS_IDENTITY) {
		json_put(j, ",\"identity\":\"");
		text_memo_write(&e->identity, j, t->identity);
		json_put(j, "\"");
	}
	json_put(j, ",\"vendor_product\":\"dnstap");
	if (t->version.len > 0) {
		json_put(j, ": ");
		text_memo_write(&e->version, j, t->version);
	}
	json_put(j, "\"");
}

static void write_question(
	struct encoder *e, struct json *j, const struct dns *d)
{
	uint8_t *p;

	json_put(j, ",\"query\":\"");
	name_memo_write(&e->names, j, d->msg, d->qname);
	json_room(j, 64);
	p = j->p;
	if (d->has_question) {
		p = JSON_PUT(p, "\",\"record_type\":\"");
		p = mnemonic_type(p, &e->words, d->qtype);
	}
	*p++ = '"';
	j->p = p;
}

static void write_answers(
	struct encoder *e, struct json *j, const struct dns *d)
{
	const struct dns_record *r = d->records + d->first[DNS_ANSWER];
	uint32_t n = d->n_records[DNS_ANSWER];

	json_put(j, ",\"answer\":[");
	for (uint32_t i = 0; i < n && !j->full; i++) {
		json_room(j, 2);
		if (i > 0)
			*j->p++ = ',';
		*j->p++ = '"';
		rdata_write(e->rdata, j, d->msg, &r[i]);
		json_put(j, "\"");
	}
	json_put(j, "],\"ttl\":[");
	for (uint32_t i = 0; i < n && !j->full; i++) {
		json_room(j, 1 + DIGITS_U32_MAX);
		if (i > 0)
			*j->p++ = ',';
		j->p = digits_u32(j->p, r[i].ttl);
	}
	json_put(j, "]");
}

static void write_header(struct encoder *e, struct json *j, const struct dns *d)
{
	uint8_t *p;

	json_room(j, 256);
	p = JSON_PUT(j->p, ",\"transaction_id\":");
	p = digits_u32(p, d->id);
	p = JSON_PUT(p, ",\"query_type\":\"");
	p = word_put(p, &e->words.opcodes[dns_opcode(d)]);
	p = JSON_PUT(p, "\",\"query_count\":");
	p = digits_u32(p, d->count[0]);
	p = JSON_PUT(p, ",\"answer_count\":");
	p = digits_u32(p, d->count[1]);
	p = JSON_PUT(p, ",\"authority_answer_count\":");
	p = digits_u32(p, d->count[2]);
	p = JSON_PUT(p, ",\"additional_answer_count\":");
	j->p = digits_u32(p, d->count[3]);
}

static void write_reply_code(
	struct encoder *e, struct json *j, const struct dns *d)
{
	uint8_t *p;

	json_room(j, 96);
	p = JSON_PUT(j->p, ",\"reply_code\":\"");
	p = mnemonic_rcode(p, &e->words, dns_rcode(d));
	p = JSON_PUT(p, "\",\"reply_code_id\":");
	j->p = digits_u32(p, dns_rcode(d));
}

/*
 * The native dialect finds broken data while it writes it; here most of it is
 * not written, so it is only looked at where the answer matters.
 */
static bool is_malformed(struct encoder *e, const struct dns *d)
{
	uint8_t spill[JSON_ROOM_MAX];
	struct json nowhere = json_begin(spill, 0, spill);

	if (d->malformed || (d->has_opt && edns_is_broken(d)))
		return true;
	for (int section = 0; section < DNS_SECTIONS; section++)
		for (uint32_t i = 0; i < d->n_records[section]; i++) {
			const struct dns_record *r =
				&d->records[d->first[section] + i];

			if (!is_opt_record(d, r) &&
				!rdata_write(e->rdata, &nowhere, d->msg, r))
				return true;
		}
	return false;
}

void cim_write(struct encoder *e, struct json *j, const struct event *event,
	uint8_t first)
{
	const struct dns *d = &event->dns;

	write_peers(e, j, &event->tap, first);
	write_exchange(e, j, &event->tap);
	if (event->has_dns && d->has_header) {
		write_header(e, j, d);
		if (d->has_qname)
			write_question(e, j, d);
		if (dnstap_is_response(&event->tap)) {
			write_reply_code(e, j, d);
			write_answers(e, j, d);
		}
	}
	if (event->has_dns && e->include_raw != RAW_NEVER)
		raw_write(e, j, d,
			e->include_raw == RAW_ALWAYS || is_malformed(e, d));
	json_put(j, "}");
}
