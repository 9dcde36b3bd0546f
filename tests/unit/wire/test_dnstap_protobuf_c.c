/*
 * Differential test: our reader of dnstap against the one protobuf-c generates
 * from the schema, on captures and on captures with seeded damage.
 *
 * Both must say the same of every payload, except of those in which one of the
 * peculiarities below occurs.
 */
#include <stdio.h>

#include "data/dnstap.pb-c.h"
#include "lib/exact.h"
#include "lib/replay.h"
#include "lib/suite.h"
#include "wire/dnstap.h"

/*
 * Where protobuf-c 1.4 departs from the specification of the wire format, and
 * why ours does not follow it.
 */
enum {
	/* Refuses groups; they are deprecated, yet well-formed. */
	GROUP = 1 << 0,
	/* Refuses a known field of another wire type.  The specification has
	 * it as an unknown field, so that a schema can grow. */
	OTHER_WIRE_TYPE = 1 << 1,
	/* Reads a tag or a length of at most five octets; an encoder may fill
	 * up with 0x80 to ten. */
	LONG_NUMBER = 1 << 2,
	/* Takes a field number of 0, and the bits of a tag above the 32nd. */
	BAD_TAG = 1 << 3,
	/* Drops the bits of a varint above the 64th instead of refusing it. */
	WIDE_VARINT = 1 << 4,
	/* Wants the required field in each of two messages to be merged; the
	 * specification wants it in the outcome. */
	MESSAGE_TWICE = 1 << 5,
};

enum schema { DNSTAP, MESSAGE, POLICY, NONE };

/* Wire types of the fields; 0xf: no such field. */
static const uint8_t wire_types[][17] = {
	[DNSTAP] = { 15, 2, 2, 2, 15, 15, 15, 15, 15, 15, 15, 15, 15, 15, 2, 0,
		15 },
	[MESSAGE] = { 15, 0, 0, 0, 2, 2, 0, 0, 0, 5, 2, 2, 0, 5, 2, 2, 0 },
	[POLICY] = { 15, 2, 2, 0, 0, 2, 15, 15, 15, 15, 15, 15, 15, 15, 15, 15,
		15 },
};

static enum schema submessage(enum schema s, uint64_t field)
{
	if (s == DNSTAP && field == 14)
		return MESSAGE;
	return s == MESSAGE && field == 15 ? POLICY : NONE;
}

/* A third reader, slow and plain; false at the end of what can be read. */
static bool number(
	struct slice *in, uint64_t *v, unsigned *octets, unsigned *found)
{
	*v = 0;
	for (*octets = 0; in->len > 0 && *octets < 10;) {
		uint8_t octet = *in->data++;

		in->len--;
		if (*octets == 9 && (octet & 0x7f) > 1)
			*found |= WIDE_VARINT;
		*v |= (uint64_t)(octet & 0x7f) << 7 * *octets;
		++*octets;
		if (octet < 0x80)
			return true;
	}
	return false;
}

static unsigned peculiarities(enum schema schema, struct slice in)
{
	unsigned found = 0, octets, messages = 0;
	uint64_t tag, v;

	while (in.len > 0 && number(&in, &tag, &octets, &found)) {
		uint64_t field = tag >> 3;
		unsigned wire = tag & 7;

		if (octets > 5)
			found |= LONG_NUMBER;
		if (field == 0 || tag > UINT32_MAX)
			found |= BAD_TAG;
		if (wire == 3 || wire == 4)
			found |= GROUP;
		if (field <= 16 && wire_types[schema][field] != 15 &&
			wire_types[schema][field] != wire)
			found |= OTHER_WIRE_TYPE;
		if (wire == 0) {
			number(&in, &v, &octets, &found);
		} else if (wire == 2) {
			enum schema sub = submessage(schema, field);

			if (!number(&in, &v, &octets, &found))
				break;
			if (octets > 5)
				found |= LONG_NUMBER;
			if (v > in.len)
				break;
			if (sub != NONE)
				found |= peculiarities(
					sub, slice_from(in.data, v));
			if (sub != NONE && ++messages > 1)
				found |= MESSAGE_TWICE;
			in.data += v;
			in.len -= v;
		} else if (wire == 1 || wire == 5) {
			size_t n = wire == 1 ? 8 : 4;

			if (in.len < n)
				break;
			in.data += n;
			in.len -= n;
		} else {
			break;
		}
	}
	return found;
}

/* Seeded, so that a failure comes again (xorshift64*, Vigna). */
static uint64_t seed;

static uint32_t chance(uint32_t below)
{
	seed ^= seed >> 12;
	seed ^= seed << 25;
	seed ^= seed >> 27;
	return (uint32_t)((seed * UINT64_C(0x2545f4914f6cdd1d)) >> 33) % below;
}

static bool same_bytes(bool ours_has, struct slice ours, bool theirs_has,
	const ProtobufCBinaryData *theirs)
{
	if (ours_has != theirs_has)
		return false;
	return !ours_has ||
	       (ours.len == theirs->len &&
		       (ours.len == 0 ||
			       memcmp(ours.data, theirs->data, ours.len) == 0));
}

#define HAS(bit) ((ours->has & (bit)) != 0)
#define NUMBER(bit, mine, its)                       \
	ensure(HAS(bit) == (bool)theirs->has_##its); \
	if (HAS(bit))                                \
	ensure((uint64_t)(mine) == (uint64_t)theirs->its)
#define BYTES(bit, mine, its) \
	ensure(same_bytes(HAS(bit), (mine), theirs->has_##its, &theirs->its))

static void compare_policy(
	const struct dnstap *ours, const Dnstap__Policy *theirs)
{
	ensure(HAS(DNSTAP_HAS_POLICY_TYPE) == (theirs->type != NULL));
	if (theirs->type != NULL) {
		size_t n = ours->policy.type.len;

		/* A string ends at its NUL there. */
		ensure(strlen(theirs->type) <= n);
		ensure(memcmp(theirs->type, ours->policy.type.data,
			       strlen(theirs->type)) == 0);
	}
	BYTES(DNSTAP_HAS_POLICY_RULE, ours->policy.rule, rule);
	BYTES(DNSTAP_HAS_POLICY_VALUE, ours->policy.value, value);
	NUMBER(DNSTAP_HAS_POLICY_ACTION, ours->policy.action, action);
	NUMBER(DNSTAP_HAS_POLICY_MATCH, ours->policy.match, match);
}

static void compare_message(
	const struct dnstap *ours, const Dnstap__Message *theirs)
{
	ensure(HAS(DNSTAP_HAS_OPERATION));
	ensure(ours->operation == (int32_t)theirs->type);
	NUMBER(DNSTAP_HAS_FAMILY, ours->family, socket_family);
	NUMBER(DNSTAP_HAS_PROTOCOL, ours->protocol, socket_protocol);
	NUMBER(DNSTAP_HAS_HTTP_PROTOCOL, ours->http_protocol, http_protocol);
	NUMBER(DNSTAP_HAS_QUERY_PORT, ours->query_port, query_port);
	NUMBER(DNSTAP_HAS_RESPONSE_PORT, ours->response_port, response_port);
	NUMBER(DNSTAP_HAS_QUERY_TIME_SEC, ours->query_time_sec, query_time_sec);
	NUMBER(DNSTAP_HAS_QUERY_TIME_NSEC, ours->query_time_nsec,
		query_time_nsec);
	NUMBER(DNSTAP_HAS_RESPONSE_TIME_SEC, ours->response_time_sec,
		response_time_sec);
	NUMBER(DNSTAP_HAS_RESPONSE_TIME_NSEC, ours->response_time_nsec,
		response_time_nsec);
	BYTES(DNSTAP_HAS_QUERY_ADDRESS, ours->query_address, query_address);
	BYTES(DNSTAP_HAS_RESPONSE_ADDRESS, ours->response_address,
		response_address);
	BYTES(DNSTAP_HAS_QUERY_MESSAGE, ours->query_message, query_message);
	BYTES(DNSTAP_HAS_QUERY_ZONE, ours->query_zone, query_zone);
	BYTES(DNSTAP_HAS_RESPONSE_MESSAGE, ours->response_message,
		response_message);
	ensure(HAS(DNSTAP_HAS_POLICY) == (theirs->policy != NULL));
	if (theirs->policy != NULL)
		compare_policy(ours, theirs->policy);
}

static void compare_dnstap(
	const struct dnstap *ours, const Dnstap__Dnstap *theirs)
{
	ensure(HAS(DNSTAP_HAS_TYPE));
	ensure(ours->type == (int32_t)theirs->type);
	BYTES(DNSTAP_HAS_IDENTITY, ours->identity, identity);
	BYTES(DNSTAP_HAS_VERSION, ours->version, version);
	BYTES(DNSTAP_HAS_EXTRA, ours->extra, extra);
	ensure(HAS(DNSTAP_HAS_MESSAGE) == (theirs->message != NULL));
	if (theirs->message != NULL)
		compare_message(ours, theirs->message);
}

static struct {
	unsigned long taken, refused, peculiar;
} tally;

static void compare(const uint8_t *data, size_t len)
{
	struct slice payload = exact_copy(data, len);
	unsigned found = peculiarities(DNSTAP, payload);
	Dnstap__Dnstap *theirs =
		dnstap__dnstap__unpack(NULL, len, payload.data);
	struct dnstap ours;
	int r = dnstap_decode(&ours, payload);

	if (found != 0) {
		tally.peculiar++;
		/* These make protobuf-c stricter, never more lenient. */
		if ((found & (BAD_TAG | WIDE_VARINT)) == 0 && theirs != NULL)
			ensure(r != DNSTAP_E_MALFORMED);
	} else if (theirs == NULL) {
		tally.refused++;
		ensure(r != 0);
	} else {
		tally.taken++;
		/* The schema does not require a message; an event does. */
		ck_assert_int_eq(
			r, theirs->message == NULL ? DNSTAP_E_INCOMPLETE : 0);
		compare_dnstap(&ours, theirs);
	}
	if (theirs != NULL)
		dnstap__dnstap__free_unpacked(theirs, NULL);
	exact_free(payload);
}

enum { MUTANT_MAX = 2048 };

/* One change of the kinds that hurt a tagged format. */
static size_t mutate(uint8_t *m, size_t len)
{
	static const uint8_t odd[] = { 0x00, 0x01, 0x7f, 0x80, 0xff, 0x0a, 0x72,
		0x78, 0x0b, 0x0c };
	size_t at = chance((uint32_t)len);

	switch (chance(6)) {
	case 0:
		m[at] ^= (uint8_t)(1u << chance(8));
		break;
	case 1:
		m[at] = odd[chance(sizeof(odd))];
		break;
	case 2:
		m[at] = (uint8_t)chance(256);
		break;
	case 3: /* cut */
		len = at + 1;
		break;
	case 4: /* an octet gone */
		memmove(m + at, m + at + 1, len - at - 1);
		len -= len > 1;
		break;
	default: /* an octet more */
		if (len == MUTANT_MAX)
			break;
		memmove(m + at + 1, m + at, len - at);
		m[at] = odd[chance(sizeof(odd))];
		len++;
	}
	return len;
}

static void compare_mutants(struct slice payload, unsigned mutants)
{
	uint8_t m[MUTANT_MAX];

	if (payload.len > sizeof(m))
		return;
	for (unsigned i = 0; i < mutants; i++) {
		size_t len = payload.len;

		memcpy(m, payload.data, len);
		for (unsigned n = 1 + chance(3); n > 0; n--)
			len = mutate(m, len);
		compare(m, len);
	}
}

static void compare_capture(const char *path, unsigned mutants)
{
	struct replay replay;
	struct slice payload;

	ck_assert_int_eq(replay_open(&replay, path), 0);
	seed = UINT64_C(0x9e3779b97f4a7c15);
	while (replay_next(&replay, &payload) == 0) {
		compare(payload.data, payload.len);
		compare_mutants(payload, mutants);
	}
	replay_close(&replay);
}

static void tally_check(const char *what)
{
	printf("%s: %lu taken, %lu refused by both, %lu peculiar\n", what,
		tally.taken, tally.refused, tally.peculiar);
	ck_assert_uint_gt(tally.taken, 0);
}

START_TEST(our_own_captures_read_the_same)
{
	static const char *const captures[] = {
		"captures/alpha-kdig-axfr.dnstap",
		"captures/alpha-kdig-https.dnstap",
		"captures/alpha-kdig-mixed.dnstap",
		"captures/alpha-kdig-tls.dnstap",
		"captures/alpha-kresd.fstrm",
		"captures/alpha-nsd.fstrm",
	};

	for (size_t i = 0; i < COUNT(captures); i++)
		compare_capture(replay_data(captures[i]), 100);
	tally_check("tests/data");
	ck_assert_uint_gt(tally.refused, 1000);
	ck_assert_uint_gt(tally.peculiar, 1000);
}
END_TEST

static const char *const corpus[] = {
	"captures/alpha-bind-auth.fstrm",
	"captures/alpha-bind-resolver.fstrm",
	"captures/alpha-dnsdist.fstrm",
	"captures/alpha-knot.fstrm",
	"captures/alpha-pdns.fstrm",
	"captures/alpha-unbound.fstrm",
	"captures/alpha-unbound-tls.fstrm",
	"captures/public/pub-bind9-saved.fstrm",
	"malformed/pb-all-types.fstrm",
	"malformed/pb-enums.fstrm",
	"malformed/pb-groups.fstrm",
	"malformed/pb-long-varints.fstrm",
	"malformed/pb-message-twice.fstrm",
	"malformed/pb-order.fstrm",
	"malformed/pb-policy-http.fstrm",
	"malformed/pb-ports.fstrm",
	"malformed/pb-times.fstrm",
	"malformed/pb-twice.fstrm",
	"malformed/pb-unknown-fields.fstrm",
	"malformed/pb-wire-inner.fstrm",
};

START_TEST(the_shared_corpus_reads_the_same)
{
	const char *path = replay_corpus(corpus[_i]);

	ck_assert_msg(path != NULL, "%s is missing", corpus[_i]);
	compare_capture(path, 10);
	tally_check(corpus[_i]);
}
END_TEST

int main(void)
{
	TCase *t = tcase_create("dnstap_protobuf_c");

	tcase_add_test(t, our_own_captures_read_the_same);
	if (replay_corpus("captures") != NULL)
		tcase_add_loop_test(t, the_shared_corpus_reads_the_same, 0,
			(int)COUNT(corpus));
	else
		puts("no shared corpus here ($TAPFERRY_CORPUS): own captures "
		     "only");
	tcase_set_timeout(t, 60);
	return suite_run("dnstap_protobuf_c", t);
}
