/*
 * One dnstap payload through the whole of decoding and encoding: whatever a
 * peer sends, what comes out is one line of valid JSON in valid UTF-8, or does
 * not fit.
 */
#include "fuzz.h"

#include <jansson.h>

#include "event/encoder.h"

enum { ROOM = 1 << 20, DIALECTS = 2, ENVELOPES = 2 };

static struct encoder *encoders[DIALECTS * ENVELOPES];

static void make_encoders(void)
{
	for (int i = 0; i < DIALECTS * ENVELOPES; i++) {
		const struct encoder_settings s = {
			.dialect = i % DIALECTS ? DIALECT_CIM : DIALECT_NATIVE,
			.envelope =
				i / DIALECTS ? ENVELOPE_HEC : ENVELOPE_NDJSON,
			.include_raw =
				i % DIALECTS ? RAW_MALFORMED : RAW_ALWAYS,
			.host = "h\"ost\n",
			.index = "dns",
		};

		if (encoder_new(&encoders[i], &s) != 0)
			abort();
	}
}

static void check_line(const uint8_t *line, size_t len)
{
	json_error_t error;
	json_t *json;

	FUZZ_CHECK(line[len - 1] == '\n');
	FUZZ_CHECK(memchr(line, '\n', len) == line + len - 1);
	json = json_loadb((const char *)line, len,
		JSON_REJECT_DUPLICATES | JSON_ALLOW_NUL, &error);
	if (json == NULL)
		fprintf(stderr, "%s at %d: %.*s", error.text, error.position,
			(int)len, (const char *)line);
	FUZZ_CHECK(json_is_object(json));
	json_decref(json);
}

/* In a place that ends where the event does, it fits; one octet less, not. */
static void check_fit(struct encoder *e, const struct event *event, size_t len)
{
	uint8_t *exact = malloc(len);

	if (exact == NULL)
		abort();
	FUZZ_CHECK(encoder_write(e, event, exact, len) == len);
	FUZZ_CHECK(encoder_write(e, event, exact, len - 1) == 0);
	free(exact);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct dns_record records[DNS_RECORDS_MAX];
	static uint8_t out[ROOM];
	uint8_t *payload = fuzz_copy(data, size);
	struct event e;

	if (encoders[0] == NULL)
		make_encoders();
	if (event_decode(&e, records, slice_from(payload, size),
		    UINT64_C(1700000000123456789)) == 0) {
		for (int i = 0; i < DIALECTS * ENVELOPES; i++) {
			size_t len = encoder_write(
				encoders[i], &e, out, sizeof(out));

			if (len == 0)
				continue; /* larger than any batch takes */
			check_line(out, len);
			check_fit(encoders[i], &e, len);
		}
	}
	free(payload);
	return 0;
}
