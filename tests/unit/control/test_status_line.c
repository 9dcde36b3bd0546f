#include "control/status_line.h"

#include <string.h>

#include "base/clock.h"
#include "lib/suite.h"

static struct output_settings file = { .type = OUTPUT_TYPE_FILE };
static struct output_settings hec = { .type = OUTPUT_TYPE_HEC,
	.feed = { .name = "splunk" } };
static struct output_snapshot outputs[2];
static struct snapshot s;
static struct status_line l;
static struct buf text = BUF_NULL;

/* Ten seconds after the start: 5000 in, 4000 and 3000 out. */
static void setup(void)
{
	outputs[0] = (struct output_snapshot){
		.settings = &file,
		.runs = true,
		.ledger = { .delivered = 4000, .in_memory = 1000 },
	};
	outputs[1] = (struct output_snapshot){
		.settings = &file,
		.runs = true,
		.ledger = { .delivered = 3000,
			.in_memory = 500,
			.in_spool = 1400,
			.dropped = 100 },
	};
	s = (struct snapshot){
		.mono_ns = 70 * NS_PER_S,
		.uptime_seconds = 10,
		.connections = 3,
		.outputs = outputs,
		.n_outputs = 2,
	};
	s.intake[INTAKE_RECEIVED] = 5000;
	l = (struct status_line){ 0 };
}

static const char *written(void)
{
	buf_clear(&text);
	status_line_write(&l, &s, &text);
	return buf_str(&text);
}

START_TEST(the_first_rates_are_those_since_the_start)
{
	ck_assert_str_eq(written(),
		"3 connections, 500 events/s; 700/s delivered, 1500 waiting, "
		"1400 in spools, 100 dropped");
}
END_TEST

START_TEST(later_ones_are_those_since_the_line_before)
{
	written();
	s.mono_ns += 2 * NS_PER_S;
	s.intake[INTAKE_RECEIVED] += 3000;
	outputs[0].ledger.delivered += 1001;
	ck_assert_str_eq(written(),
		"3 connections, 1500 events/s; 501/s delivered, 1500 waiting, "
		"1400 in spools, 100 dropped");
}
END_TEST

START_TEST(an_output_that_left_makes_no_rate)
{
	written();
	s.mono_ns += NS_PER_S;
	s.n_outputs = 1;
	ck_assert_str_eq(written(),
		"3 connections, 0 events/s; 0/s delivered, 1000 waiting, 0 in "
		"spools, 0 dropped");
	ck_assert_str_eq(written(), /* in the same instant */
		"3 connections, 0 events/s; 0/s delivered, 1000 waiting, 0 in "
		"spools, 0 dropped");
}
END_TEST

START_TEST(what_is_wrong_is_told)
{
	outputs[1].settings = &hec;
	ck_assert_ptr_nonnull(strstr(written(),
		"100 dropped; output splunk: no backend is usable, and it has "
		"no spool"));
	l.reload_failed = true;
	ck_assert_ptr_eq(strstr(written(), "the last reload failed, see the "
					   "log; 3 connections"),
		buf_str(&text));
	s.draining = true;
	ck_assert_ptr_eq(
		strstr(written(), "draining: 3 connections"), buf_str(&text));
	ck_assert_ptr_null(strstr(buf_str(&text), "usable"));
}
END_TEST

static void teardown(void)
{
	buf_deinit(&text);
}

int main(void)
{
	TCase *t = tcase_create("status_line");

	tcase_add_checked_fixture(t, setup, teardown);
	tcase_add_test(t, the_first_rates_are_those_since_the_start);
	tcase_add_test(t, later_ones_are_those_since_the_line_before);
	tcase_add_test(t, an_output_that_left_makes_no_rate);
	tcase_add_test(t, what_is_wrong_is_told);
	return suite_run("status_line", t);
}
