#include "event/name_text.h"
#include "event/tap_text.h"

enum {
	MATCH_QNAME = 1,
	MATCH_CLIENT_IP,
	MATCH_RESPONSE_IP,
	MATCH_NS_NAME,
	MATCH_NS_IP,
};

bool tap_latency(const struct dnstap *t, uint64_t *sec, uint32_t *nsec)
{
	uint32_t borrow = t->response_time_nsec < t->query_time_nsec;

	if (!event_has_query_time(t) || !event_has_response_time(t) ||
		t->response_time_sec < t->query_time_sec + borrow)
		return false;
	*sec = t->response_time_sec - t->query_time_sec - borrow;
	*nsec = t->response_time_nsec + borrow * 1000000000 -
		t->query_time_nsec;
	return true;
}

#define put_text(j, key, text)                  \
	do {                                    \
		json_put(j, ",\"" key "\":\""); \
		json_text(j, text);             \
		json_put(j, "\"");              \
	} while (0)

/* A wire-format name, and nothing behind it.  Return: false if it is none;
 * nothing is written then. */
static bool write_name(struct json *j, struct slice name)
{
	uint32_t pos = 0;
	uint8_t *p;

	json_room(j, NAME_TEXT_ROOM);
	p = name_text_plain(j->p, name, &pos);
	if (p == NULL || pos != name.len)
		return false;
	j->p = p;
	return true;
}

/* RPZ's rules are names; what others put there is text, or hex if it is not */
static void write_rule(struct json *j, struct slice rule)
{
	if (write_name(j, rule))
		return;
	if (json_text_is_plain(rule))
		json_text(j, rule);
	else
		json_hex(j, rule);
}

static void write_value(struct json *j, const struct dnstap *t)
{
	int32_t match = t->has & DNSTAP_HAS_POLICY_MATCH ? t->policy.match : 0;

	switch (match) {
	case MATCH_CLIENT_IP:
	case MATCH_RESPONSE_IP:
	case MATCH_NS_IP:
		address_write(j, t->policy.value);
		return;
	case MATCH_QNAME:
	case MATCH_NS_NAME:
		if (write_name(j, t->policy.value))
			return;
		break;
	default:
		break;
	}
	json_hex(j, t->policy.value);
}

static void write_enum(struct json *j, const char *name, int32_t number)
{
	json_room(j, WORD_MAX + 1);
	j->p = mnemonic_name(j->p, name, number);
	*j->p++ = '"';
}

static void write_policy(struct json *j, const struct dnstap *t)
{
	if (t->has & DNSTAP_HAS_POLICY_TYPE)
		put_text(j, "policy-type", t->policy.type);
	if (t->has & DNSTAP_HAS_POLICY_RULE) {
		json_put(j, ",\"policy-rule\":\"");
		write_rule(j, t->policy.rule);
		json_put(j, "\"");
	}
	if (t->has & DNSTAP_HAS_POLICY_ACTION) {
		json_put(j, ",\"policy-action\":\"");
		write_enum(j, dnstap_policy_action_name(t->policy.action),
			t->policy.action);
	}
	if (t->has & DNSTAP_HAS_POLICY_MATCH) {
		json_put(j, ",\"policy-match\":\"");
		write_enum(j, dnstap_policy_match_name(t->policy.match),
			t->policy.match);
	}
	if (t->has & DNSTAP_HAS_POLICY_VALUE) {
		json_put(j, ",\"policy-value\":\"");
		write_value(j, t);
		json_put(j, "\"");
	}
}

static void write_zone(struct json *j, struct slice zone)
{
	uint32_t pos = 0;
	uint8_t *p;

	json_room(j, NAME_TEXT_ROOM + 32);
	p = JSON_PUT(j->p, ",\"query-zone\":\"");
	p = name_text_plain(p, zone, &pos);
	/* a zone that is no name is absent, as what cannot be parsed is */
	if (p == NULL || pos != zone.len)
		return;
	*p++ = '"';
	j->p = p;
}

static void write_times(
	struct encoder *e, struct json *j, const struct dnstap *t)
{
	uint64_t sec;
	uint32_t nsec;
	uint8_t *p;

	json_room(j, 192);
	p = j->p;
	if (event_has_query_time(t)) {
		p = JSON_PUT(p, ",\"query-time\":\"");
		p = stamp_put(
			&e->stamp, p, t->query_time_sec, t->query_time_nsec);
		*p++ = '"';
	}
	if (event_has_response_time(t)) {
		p = JSON_PUT(p, ",\"response-time\":\"");
		p = stamp_put(&e->stamp, p, t->response_time_sec,
			t->response_time_nsec);
		*p++ = '"';
	}
	if (tap_latency(t, &sec, &nsec)) {
		p = JSON_PUT(p, ",\"latency\":");
		p = stamp_put_duration(p, sec, nsec);
	}
	j->p = p;
}

void tap_write(struct encoder *e, struct json *j, const struct dnstap *t)
{
	uint8_t *p;

	json_room(j, 64);
	p = JSON_PUT(j->p, "{\"operation\":\"");
	p = mnemonic_enum(
		p, e->words.operations, MNEMONIC_OPERATIONS, t->operation);
	*p++ = '"';
	j->p = p;
	if (t->has & DNSTAP_HAS_IDENTITY) {
		json_put(j, ",\"identity\":\"");
		text_memo_write(&e->identity, j, t->identity);
		json_put(j, "\"");
	}
	if (t->has & DNSTAP_HAS_VERSION) {
		json_put(j, ",\"version\":\"");
		text_memo_write(&e->version, j, t->version);
		json_put(j, "\"");
	}
	if (t->has & DNSTAP_HAS_EXTRA)
		put_text(j, "extra", t->extra);
	if (t->has & DNSTAP_HAS_QUERY_ZONE)
		write_zone(j, t->query_zone);
	write_times(e, j, t);
	if (t->has & DNSTAP_HAS_POLICY)
		write_policy(j, t);
	json_put(j, "}");
}
