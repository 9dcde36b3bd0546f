/* The settings of outputs that write lines: pipes, sockets, syslog. */
#include "load.h"

#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>

#include "deliver/trail.h"
#include "lib/suite.h"

#define OUTPUTS LISTENERS "outputs = ( { name = \"o\"; "
#define PIPE    OUTPUTS "type = \"pipe\"; path = \"/no/pipe\"; "
#define SOCKET  OUTPUTS "type = \"socket\"; path = \"/no/socket\"; "
#define END     " } );"

START_TEST(a_pipe_has_defaults)
{
	const struct output_settings *o;
	char pid[32];

	assert_loads(PIPE END);
	o = &config.outputs[0];
	ck_assert_int_eq(o->type, OUTPUT_TYPE_PIPE);
	ck_assert_str_eq(output_type_name(o->type), "pipe");
	ck_assert_ptr_null(output_collector(o->type));
	ck_assert_str_eq(o->local.path, "/no/pipe");
	ck_assert_uint_eq(o->local.mode, 0640);
	ck_assert_ptr_null(o->local.group);
	ck_assert_uint_eq(o->local.retry_initial_ns, 100 * NS_PER_MS);
	ck_assert_uint_eq(o->local.retry_max_ns, NS_PER_S);
	ck_assert_uint_eq(o->feed.linger_ns, 200 * NS_PER_MS);
	ck_assert_uint_eq(
		o->feed.pending_events, (TRAIL_MAX - 1) * o->feed.batch_events);
	ck_assert_int_eq(o->feed.encoder.envelope, ENVELOPE_NDJSON);
	ck_assert_uint_eq(o->feed.encoder.syslog.facility, 16);
	ck_assert_uint_eq(o->feed.encoder.syslog.severity, 6);
	ck_assert_str_eq(o->feed.encoder.syslog.app_name, "tapferry");
	ck_assert_ptr_nonnull(o->feed.encoder.syslog.hostname);
	snprintf(pid, sizeof(pid), "%ld", (long)getpid());
	ck_assert_str_eq(o->feed.encoder.syslog.procid, pid);
	ck_assert_ptr_null(o->feed.encoder.syslog.msgid);
	ck_assert(!o->feed.encoder.syslog.bom);
}
END_TEST

START_TEST(a_socket_takes_what_the_settings_say)
{
	const struct output_settings *o;

	assert_loads(
		SOCKET "framing = \"octet-counting\"; format = \"syslog\";"
		       "dialect = \"cim\"; syslog = { facility = \"daemon\""
		       "; severity = \"notice\"; hostname = \"ns1\"; "
		       "app_name = \"dns\"; procid = \"-\"; msgid = \"T\";"
		       "bom = true; }; retry = { initial = \"5ms\"; "
		       "max = \"10ms\"; }; spool = { path = \"/s\"; };" END);
	o = &config.outputs[0];
	ck_assert_int_eq(o->type, OUTPUT_TYPE_SOCKET);
	ck_assert(o->local.octet_counting);
	ck_assert(!o->local.datagram);
	ck_assert_uint_eq(o->local.retry_max_ns, 10 * NS_PER_MS);
	ck_assert(o->feed.spool);
	ck_assert_uint_eq(o->feed.pending_events, 0);
	ck_assert_int_eq(o->feed.encoder.envelope, ENVELOPE_SYSLOG);
	ck_assert_int_eq(o->feed.encoder.dialect, DIALECT_CIM);
	ck_assert_uint_eq(o->feed.encoder.syslog.facility, 3);
	ck_assert_uint_eq(o->feed.encoder.syslog.severity, 5);
	ck_assert_str_eq(o->feed.encoder.syslog.hostname, "ns1");
	ck_assert_str_eq(o->feed.encoder.syslog.app_name, "dns");
	ck_assert_str_eq(o->feed.encoder.syslog.procid, "-");
	ck_assert_str_eq(o->feed.encoder.syslog.msgid, "T");
	ck_assert(o->feed.encoder.syslog.bom);
	config_deinit(&config);

	assert_loads(SOCKET "socket_type = \"datagram\";" END);
	ck_assert(config.outputs[0].local.datagram);
	ck_assert_int_eq(
		config.outputs[0].feed.encoder.envelope, ENVELOPE_NDJSON);
}
END_TEST

START_TEST(files_and_standard_output_may_be_syslog_too)
{
	assert_loads(LISTENERS
		"outputs = ( { name = \"o\"; type = \"stdout\"; format = "
		"\"syslog\"; }, { name = \"f\"; type = \"file\"; path = "
		"\"/f\"; format = \"syslog\"; } );");
	for (int i = 0; i < 2; i++)
		ck_assert_int_eq(config.outputs[i].feed.encoder.envelope,
			ENVELOPE_SYSLOG);
}
END_TEST

START_TEST(two_outputs_may_write_to_one_socket)
{
	assert_loads(LISTENERS
		"outputs = ( { name = \"o\"; type = \"socket\"; path = \"/s\";"
		" }, { name = \"p\"; type = \"socket\"; path = \"/s\"; } );");
}
END_TEST

#define LONG_50 "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"

static const struct {
	const char *text, *message;
} wrong[] = {
	{ OUTPUTS "type = \"pipe\";" END, "outputs.o.path: is missing" },
	{ OUTPUTS "type = \"socket\";" END, "outputs.o.path: is missing" },
	{ PIPE "format = \"csv\";" END, "(allowed: ndjson, syslog" },
	{ PIPE "socket_type = \"stream\";" END,
		"socket_type: belongs to outputs of type socket only" },
	{ SOCKET "mode = \"0600\";" END,
		"mode: belongs to outputs of type file or pipe only" },
	{ SOCKET "group = \"adm\";" END,
		"group: belongs to outputs of type pipe only" },
	{ PIPE "rotate = { };" END,
		"rotate: belongs to outputs of type file only" },
	{ PIPE "dead_letter = { path = \"/d\"; };" END,
		"dead_letter: belongs to outputs of type hec or http only" },
	{ PIPE "backends = ( );" END,
		"backends: belongs to outputs of type hec or http only" },
	{ LISTENERS HEC TOKEN "format = \"syslog\";" END,
		"format: belongs to outputs of type stdout, file, pipe, socket "
		"or http only" },
	{ LISTENERS HEC TOKEN "syslog = { };" END,
		"syslog: belongs to outputs of type stdout, file, pipe or "
		"socket only" },
	{ LISTENERS "outputs = ( { name = \"f\"; type = \"file\"; path = "
		    "\"/f\"; retry = { }; } );",
		"retry: belongs to outputs of type pipe or socket or hec or "
		"http only" },
	{ SOCKET
		"socket_type = \"datagram\"; framing = \"octet-counting\";" END,
		"framing: a datagram is an event and needs none" },
	{ SOCKET "retry = { initial = \"5s\"; };" END,
		"retry.max: is less than retry.initial" },
	{ OUTPUTS "type = \"socket\"; path = \"/" LONG_50 LONG_50
		  "1234567\";" END,
		"path: is longer than a socket's name may be" },
	{ OUTPUTS "type = \"pipe\"; path = \"/dev/null\";" END,
		"outputs.o.path: output o: /dev/null is no named pipe" },
	{ OUTPUTS "type = \"socket\"; path = \"/dev/null\";" END,
		"outputs.o.path: output o: /dev/null is no socket" },
	{ LISTENERS "outputs = ( { name = \"o\"; type = \"pipe\"; path = "
		    "\"/p\"; }, { name = \"p\"; type = \"pipe\"; path = "
		    "\"/p\"; } );",
		"outputs.p.path: an earlier output writes to that pipe" },
	{ PIPE "syslog = { facility = \"local8\"; };" END,
		"(allowed: kern, user, mail" },
	{ PIPE "syslog = { severity = \"panic\"; };" END,
		"(allowed: emerg, alert, crit" },
	{ PIPE "syslog = { hostname = \"a b\"; };" END,
		"outputs.o.syslog.hostname: must be at most 255 visible" },
	{ PIPE "syslog = { app_name = \"" LONG_50 "\"; };" END,
		"outputs.o.syslog.app_name: must be at most 48 visible" },
	{ PIPE "syslog = { procid = \"1 2\"; };" END,
		"outputs.o.syslog.procid: must be at most 128 visible" },
	{ PIPE "syslog = { msgid = \"" LONG_50 "\"; };" END,
		"outputs.o.syslog.msgid: must be at most 32 visible" },
	{ PIPE "spool = { path = \"/s\"; }; overflow = \"drop\";" END,
		"outputs.o.overflow: there is a spool" },
};

START_TEST(a_wrong_setting_is_told)
{
	assert_wrong(wrong[_i].text, wrong[_i].message);
}
END_TEST

START_TEST(a_syslog_group_that_does_nothing_is_noted)
{
	struct buf printed = BUF_NULL;

	assert_loads(PIPE "syslog = { facility = \"daemon\"; };" END);
	ck_assert_ptr_nonnull(strstr(config_notes(&config),
		"outputs.o.syslog: has no effect without format = "
		"\"syslog\""));
	config_deinit(&config);
	assert_loads(PIPE "format = \"syslog\"; syslog = { facility = "
			  "\"daemon\"; };" END);
	ck_assert_str_eq(config_notes(&config), "");
	config_deinit(&config);
	assert_loads(PIPE END);
	config_print(&config, &printed);
	config_deinit(&config);
	assert_loads(buf_str(&printed));
	ck_assert_str_eq(config_notes(&config), "");
	buf_deinit(&printed);
}
END_TEST

START_TEST(printed_settings_are_read_back)
{
	struct buf printed = BUF_NULL;

	assert_loads(SOCKET "format = \"syslog\"; socket_type = \"datagram\"; "
			    "syslog = { facility = \"local7\"; msgid = \"x\"; "
			    "};" END);
	config_print(&config, &printed);
	config_deinit(&config);
	assert_loads(buf_str(&printed));
	ck_assert(config.outputs[0].local.datagram);
	ck_assert_uint_eq(config.outputs[0].feed.encoder.syslog.facility, 23);
	ck_assert_str_eq(config.outputs[0].feed.encoder.syslog.msgid, "x");
	buf_deinit(&printed);
}
END_TEST

int main(void)
{
	TCase *t = tcase_create("config_lines");

	tcase_add_checked_fixture(t, NULL, load_teardown);
	tcase_add_test(t, a_pipe_has_defaults);
	tcase_add_test(t, a_socket_takes_what_the_settings_say);
	tcase_add_test(t, files_and_standard_output_may_be_syslog_too);
	tcase_add_test(t, two_outputs_may_write_to_one_socket);
	tcase_add_loop_test(t, a_wrong_setting_is_told, 0, (int)COUNT(wrong));
	tcase_add_test(t, a_syslog_group_that_does_nothing_is_noted);
	tcase_add_test(t, printed_settings_are_read_back);
	return suite_run("control/config_lines", t);
}
