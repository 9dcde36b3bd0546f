#include "wire/handshake.h"

#include <fstrm.h>

#include "lib/exact.h"
#include "lib/suite.h"
#include "wire/frame.h"

#define TYPE HANDSHAKE_CONTENT_TYPE

/* A control frame's payload, built by libfstrm. */
struct control {
	uint8_t data[FRAME_CONTROL_MAX + 8];
	size_t len;
};

static struct control control_with_header(
	fstrm_control_type type, const char *content_type, uint32_t flags)
{
	struct fstrm_control *c = fstrm_control_init();
	struct control made = { .len = sizeof(made.data) };

	ck_assert_int_eq(fstrm_control_set_type(c, type), fstrm_res_success);
	if (content_type != NULL)
		ck_assert_int_eq(fstrm_control_add_field_content_type(c,
					 (const uint8_t *)content_type,
					 strlen(content_type)),
			fstrm_res_success);
	ck_assert_int_eq(fstrm_control_encode(c, made.data, &made.len, flags),
		fstrm_res_success);
	fstrm_control_destroy(&c);
	return made;
}

static struct control control(fstrm_control_type type, const char *content_type)
{
	return control_with_header(type, content_type, 0);
}

static void field_add(
	struct control *c, uint8_t field, const void *value, uint8_t len)
{
	const uint8_t header[8] = { 0, 0, 0, field, 0, 0, 0, len };

	memcpy(c->data + c->len, header, 8);
	memcpy(c->data + c->len + 8, value, len);
	c->len += 8u + len;
}

static int take(struct handshake *h, const struct control *c)
{
	struct slice payload = exact_copy(c->data, c->len);
	int r = handshake_control(h, payload);

	exact_free(payload);
	return r;
}

static int take_type(
	struct handshake *h, fstrm_control_type type, const char *content_type)
{
	struct control c = control(type, content_type);

	return take(h, &c);
}

START_TEST(what_we_send_is_what_libfstrm_encodes)
{
	struct control accept = control_with_header(
		FSTRM_CONTROL_ACCEPT, TYPE, FSTRM_CONTROL_FLAG_WITH_HEADER);
	struct control finish = control_with_header(
		FSTRM_CONTROL_FINISH, NULL, FSTRM_CONTROL_FLAG_WITH_HEADER);

	ck_assert_uint_eq(handshake_accept.len, accept.len);
	ck_assert_mem_eq(handshake_accept.data, accept.data, accept.len);
	ck_assert_uint_eq(handshake_finish.len, finish.len);
	ck_assert_mem_eq(handshake_finish.data, finish.data, finish.len);
}
END_TEST

START_TEST(a_bidirectional_stream_is_accepted_and_finished)
{
	struct handshake h = HANDSHAKE_INIT;

	ck_assert_int_eq(handshake_data(&h), HANDSHAKE_E_ORDER);
	ck_assert_int_eq(
		take_type(&h, FSTRM_CONTROL_READY, TYPE), HANDSHAKE_E_ACCEPT);
	ck_assert_int_eq(handshake_data(&h), HANDSHAKE_E_ORDER);
	ck_assert_int_eq(take_type(&h, FSTRM_CONTROL_START, TYPE), 0);
	ck_assert_int_eq(handshake_data(&h), 0);
	ck_assert_int_eq(
		take_type(&h, FSTRM_CONTROL_STOP, NULL), HANDSHAKE_E_FINISH);
	ck_assert_int_eq(h.state, HANDSHAKE_DONE);
	ck_assert_int_eq(handshake_data(&h), HANDSHAKE_E_ORDER);
}
END_TEST

START_TEST(a_unidirectional_stream_gets_no_answer)
{
	struct handshake h = HANDSHAKE_INIT;

	ck_assert_int_eq(take_type(&h, FSTRM_CONTROL_START, TYPE), 0);
	ck_assert_int_eq(handshake_data(&h), 0);
	ck_assert_int_eq(
		take_type(&h, FSTRM_CONTROL_STOP, NULL), HANDSHAKE_E_CLOSE);
}
END_TEST

START_TEST(ready_in_the_place_of_start_is_a_fresh_ready)
{
	struct handshake h = HANDSHAKE_INIT;

	for (int i = 0; i < 3; i++)
		ck_assert_int_eq(take_type(&h, FSTRM_CONTROL_READY, TYPE),
			HANDSHAKE_E_ACCEPT);
	ck_assert_int_eq(take_type(&h, FSTRM_CONTROL_START, TYPE), 0);
}
END_TEST

START_TEST(one_of_several_types_of_a_ready_is_enough)
{
	struct handshake h = HANDSHAKE_INIT;
	struct control c = control(FSTRM_CONTROL_READY, "protobuf:other");

	field_add(&c, 1, TYPE, sizeof(TYPE) - 1);
	field_add(&c, 1, "", 0);
	ck_assert_int_eq(take(&h, &c), HANDSHAKE_E_ACCEPT);
}
END_TEST

START_TEST(a_start_names_one_type)
{
	struct handshake h = HANDSHAKE_INIT;
	struct control c = control(FSTRM_CONTROL_START, TYPE);

	field_add(&c, 1, TYPE, sizeof(TYPE) - 1);
	ck_assert_int_eq(take(&h, &c), HANDSHAKE_E_MALFORMED);
}
END_TEST

START_TEST(another_type_or_none_is_refused)
{
	static const char *const types[] = {
		NULL,
		"",
		"protobuf:dnstap.Dnsta",
		"protobuf:dnstap.Dnstap2",
		"PROTOBUF:dnstap.Dnstap",
	};
	static const fstrm_control_type frames[] = {
		FSTRM_CONTROL_READY,
		FSTRM_CONTROL_START,
	};

	for (size_t f = 0; f < COUNT(frames); f++) {
		for (size_t i = 0; i < COUNT(types); i++) {
			struct handshake h = HANDSHAKE_INIT;

			ck_assert_int_eq(take_type(&h, frames[f], types[i]),
				HANDSHAKE_E_CONTENT_TYPE);
			ck_assert_int_eq(h.state, HANDSHAKE_FIRST);
		}
	}
}
END_TEST

START_TEST(a_type_with_a_nul_behind_it_is_another_type)
{
	struct handshake h = HANDSHAKE_INIT;
	struct control c = control(FSTRM_CONTROL_START, NULL);

	field_add(&c, 1, TYPE, sizeof(TYPE));
	ck_assert_int_eq(take(&h, &c), HANDSHAKE_E_CONTENT_TYPE);
}
END_TEST

START_TEST(an_unknown_field_is_skipped)
{
	struct handshake h = HANDSHAKE_INIT;
	struct control c = control(FSTRM_CONTROL_START, NULL);

	field_add(&c, 77, "whatever", 8);
	field_add(&c, 1, TYPE, sizeof(TYPE) - 1);
	field_add(&c, 0, "", 0);
	ck_assert_int_eq(take(&h, &c), 0);
}
END_TEST

/* Cut anywhere but between fields, a control frame is malformed. */
START_TEST(every_short_prefix_is_refused)
{
	struct control c = control(FSTRM_CONTROL_START, TYPE);
	size_t whole = c.len;

	for (c.len = 0; c.len < whole; c.len++) {
		struct handshake h = HANDSHAKE_INIT;

		ck_assert_int_eq(
			take(&h, &c), c.len == 4 ? HANDSHAKE_E_CONTENT_TYPE
						 : HANDSHAKE_E_MALFORMED);
		ck_assert_int_eq(h.state, HANDSHAKE_FIRST);
	}
}
END_TEST

START_TEST(a_field_beyond_the_frame_or_its_limit_is_refused)
{
	struct handshake h = HANDSHAKE_INIT;
	struct control c = control(FSTRM_CONTROL_READY, NULL);

	/* A type of 257 octets, all there. */
	memset(c.data + c.len, 0, 8 + 257);
	c.data[c.len + 3] = 1;
	c.data[c.len + 6] = 1;
	c.data[c.len + 7] = 1;
	c.len += 8 + 257;
	ck_assert_int_eq(take(&h, &c), HANDSHAKE_E_MALFORMED);
	/* An unknown field that claims 2^32 - 1. */
	c = control(FSTRM_CONTROL_READY, TYPE);
	memcpy(c.data + c.len, "\0\0\0\7\xff\xff\xff\xff", 8);
	c.len += 8;
	ck_assert_int_eq(take(&h, &c), HANDSHAKE_E_MALFORMED);
}
END_TEST

START_TEST(a_stop_may_carry_fields)
{
	struct handshake h = { .state = HANDSHAKE_OPEN };
	struct control c = control(FSTRM_CONTROL_STOP, NULL);

	field_add(&c, 1, TYPE, sizeof(TYPE) - 1);
	ck_assert_int_eq(take(&h, &c), HANDSHAKE_E_CLOSE);
}
END_TEST

/* Each control frame in each state, by the table of what may follow what. */
START_TEST(what_is_out_of_order_is_refused)
{
	static const bool allowed[][6] = {
		/*                       -  ACCEPT START STOP READY FINISH */
		[HANDSHAKE_FIRST] = { 0, 0, 1, 0, 1, 0 },
		[HANDSHAKE_ACCEPTED] = { 0, 0, 1, 0, 1, 0 },
		[HANDSHAKE_OPEN] = { 0, 0, 0, 1, 0, 0 },
		[HANDSHAKE_DONE] = { 0, 0, 0, 0, 0, 0 },
	};

	for (unsigned state = 0; state < COUNT(allowed); state++) {
		for (uint8_t type = 0; type < 6; type++) {
			struct handshake h = {
				.state = (enum handshake_state)state,
			};
			struct control c = { { 0, 0, 0, type }, 4 };
			int r;

			field_add(&c, 1, TYPE, sizeof(TYPE) - 1);
			r = take(&h, &c);
			if (allowed[state][type]) {
				ck_assert_int_ne(r, HANDSHAKE_E_ORDER);
				continue;
			}
			ck_assert_int_eq(r, HANDSHAKE_E_ORDER);
			ck_assert_uint_eq(h.state, state);
		}
	}
}
END_TEST

START_TEST(every_refusal_has_a_text_of_its_own)
{
	ck_assert_str_ne(handshake_error_text(HANDSHAKE_E_CONTENT_TYPE),
		handshake_error_text(HANDSHAKE_E_ORDER));
	ck_assert_str_ne(handshake_error_text(HANDSHAKE_E_ORDER),
		handshake_error_text(HANDSHAKE_E_MALFORMED));
	ck_assert_str_eq(handshake_error_text(0), "no error");
}
END_TEST

int main(void)
{
	TCase *t = tcase_create("handshake");

	tcase_add_test(t, what_we_send_is_what_libfstrm_encodes);
	tcase_add_test(t, a_bidirectional_stream_is_accepted_and_finished);
	tcase_add_test(t, a_unidirectional_stream_gets_no_answer);
	tcase_add_test(t, ready_in_the_place_of_start_is_a_fresh_ready);
	tcase_add_test(t, one_of_several_types_of_a_ready_is_enough);
	tcase_add_test(t, a_start_names_one_type);
	tcase_add_test(t, another_type_or_none_is_refused);
	tcase_add_test(t, a_type_with_a_nul_behind_it_is_another_type);
	tcase_add_test(t, an_unknown_field_is_skipped);
	tcase_add_test(t, every_short_prefix_is_refused);
	tcase_add_test(t, a_field_beyond_the_frame_or_its_limit_is_refused);
	tcase_add_test(t, a_stop_may_carry_fields);
	tcase_add_test(t, what_is_out_of_order_is_refused);
	tcase_add_test(t, every_refusal_has_a_text_of_its_own);
	return suite_run("handshake", t);
}
