#include "monitor/metrics.h"

#include <ctype.h>
#include <string.h>

#include "lib/suite.h"

static struct buf out;
static struct snapshot s;
static struct intake_settings intake;
static struct listener_snapshot listeners[1];
static struct output_settings settings[2];
static struct output_snapshot outputs[2];

static void setup(void)
{
	static const char *const names[] = { "one", "two" };
	struct histogram h;

	out = BUF_NULL;
	intake = (struct intake_settings){ .max_connections = 77 };
	listeners[0] = (struct listener_snapshot){ .name = "l\"1\\\n" };
	for (unsigned i = 0; i < 2; i++) {
		settings[i] = (struct output_settings){ .feed.name = names[i] };
		outputs[i] = (struct output_snapshot){
			.settings = &settings[i],
			.pool_size = 10,
			.pool_used = 1 + i,
		};
		histogram_init(&h, &histogram_count);
		histogram_add_n(&h, 3, 5);
		histogram_add(&h, 2000000);
		histogram_read(&h, &outputs[i].batch_sizes);
		histogram_init(&h, &histogram_time);
		histogram_add(&h, 1500000000);
		histogram_read(&h, &outputs[i].delay);
	}
	histogram_init(&h, &histogram_time);
	s = (struct snapshot){
		.settings = &intake,
		.listeners = listeners,
		.n_listeners = 1,
		.outputs = outputs,
		.n_outputs = 2,
	};
	histogram_read(&h, &s.accepts);
}

static void teardown(void)
{
	buf_deinit(&out);
}

static bool has(const char *line)
{
	struct buf whole = BUF_NULL;
	bool found;

	buf_printf(&whole, "\n%s\n", line);
	found = strstr(buf_str(&out), buf_str(&whole)) != NULL;
	buf_deinit(&whole);
	return found;
}

START_TEST(each_metric_of_the_table_is_told_once)
{
	metrics_write(&s, &out);
	for (size_t i = 0; i < n_metrics; i++) {
		struct buf line = BUF_NULL;
		const char *first;

		buf_printf(&line, "# TYPE %s %s\n", metrics[i].name,
			metrics[i].type);
		first = strstr(buf_str(&out), buf_str(&line));
		ck_assert_msg(first != NULL, "%s", metrics[i].name);
		ck_assert_msg(strstr(first + 1, buf_str(&line)) == NULL, "%s",
			metrics[i].name);
		buf_deinit(&line);
		for (size_t k = 0; k < i; k++)
			ck_assert_str_ne(metrics[i].name, metrics[k].name);
	}
}
END_TEST

START_TEST(every_line_is_a_comment_or_a_sample)
{
	char *save = NULL, *line;

	metrics_write(&s, &out);
	for (line = strtok_r(out.data, "\n", &save); line != NULL;
		line = strtok_r(NULL, "\n", &save)) {
		const char *value = strrchr(line, ' ');

		if (strncmp(line, "# ", 2) == 0)
			continue;
		ck_assert_msg(islower((unsigned char)line[0]), "%s", line);
		ck_assert_msg(
			value != NULL && value[1] != '\0' &&
				value[1 + strspn(value + 1,
						  "0123456789.e+-")] == '\0',
			"%s", line);
	}
}
END_TEST

START_TEST(labels_name_what_a_sample_is_of)
{
	s.intake[INTAKE_REFUSED_PEER_FULL] = 12;
	s.intake[INTAKE_DROPPED_NOT_DNSTAP] = 3;
	outputs[1].stat[OUTPUT_DROPPED_SHUTDOWN] = 4;
	outputs[1].ledger.delivered = 9007199254740993; /* above 2^53 */
	metrics_write(&s, &out);
	ck_assert(has(
		"tapferry_connections_refused_total{reason=\"peer_full\"} 12"));
	ck_assert(has("tapferry_connections_limit 77"));
	ck_assert(has("tapferry_buffer_pool_utilization{output=\"two\"} 0.2"));
	/* what no output saw is in each one's ledger */
	ck_assert(has("tapferry_events_dropped_total{output=\"one\","
		      "reason=\"not_dnstap\"} 3"));
	ck_assert(has("tapferry_events_dropped_total{output=\"two\","
		      "reason=\"not_dnstap\"} 3"));
	ck_assert(has("tapferry_events_dropped_total{output=\"two\","
		      "reason=\"shutdown\"} 4"));
	ck_assert(has("tapferry_listener_connections_active{"
		      "listener=\"l\\\"1\\\\\\n\"} 0"));
}
END_TEST

/* A scrape may come between any two of the daemon's counts. */
START_TEST(no_counter_is_made_of_others_that_it_might_exceed)
{
	s.intake[INTAKE_START_TIMEOUTS] = 1;
	metrics_write(&s, &out);
	ck_assert(has("tapferry_connection_errors_total{kind=\"protocol\"} 0"));
	ck_assert(has("tapferry_connection_timeouts_total{kind=\"start\"} 1"));
}
END_TEST

START_TEST(buckets_count_what_is_below_them)
{
	metrics_write(&s, &out);
	ck_assert(has("tapferry_output_batch_events_bucket{output=\"one\","
		      "le=\"1\"} 0"));
	ck_assert(has("tapferry_output_batch_events_bucket{output=\"one\","
		      "le=\"5\"} 5"));
	ck_assert(has("tapferry_output_batch_events_bucket{output=\"one\","
		      "le=\"1000000\"} 5"));
	ck_assert(has("tapferry_output_batch_events_bucket{output=\"one\","
		      "le=\"+Inf\"} 6"));
	ck_assert(has("tapferry_output_batch_events_count{output=\"one\"} 6"));
	ck_assert(has("tapferry_output_batch_events_sum{output=\"one\"} "
		      "2000015"));
	/* in the base unit */
	ck_assert(has("tapferry_output_delay_seconds_sum{output=\"two\"} 1.5"));
	ck_assert(has("tapferry_output_delay_seconds_bucket{output=\"two\","
		      "le=\"1\"} 0"));
}
END_TEST

int main(void)
{
	TCase *t = tcase_create("metrics");

	tcase_add_checked_fixture(t, setup, teardown);
	tcase_add_test(t, each_metric_of_the_table_is_told_once);
	tcase_add_test(t, every_line_is_a_comment_or_a_sample);
	tcase_add_test(t, labels_name_what_a_sample_is_of);
	tcase_add_test(t, no_counter_is_made_of_others_that_it_might_exceed);
	tcase_add_test(t, buckets_count_what_is_below_them);
	return suite_run("metrics", t);
}
