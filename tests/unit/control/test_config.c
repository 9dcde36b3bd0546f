#include "load.h"

#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lib/suite.h"

START_TEST(the_shortest_file_gets_all_defaults)
{
	const struct output_settings *o;

	assert_loads(LISTENERS STDOUT);
	ck_assert_uint_eq(config.intake.n_listeners, 1);
	ck_assert_str_eq(config.intake.listeners[0].name, "l");
	ck_assert_uint_eq(config.intake.listeners[0].listen.mode, 0660);
	ck_assert_uint_ge(config.intake.workers, 1);
	ck_assert_uint_eq(config.intake.max_connections, 500);
	ck_assert_uint_eq(config.intake.max_frame, 256 * 1024);
	ck_assert_uint_gt(config.intake.read_buffer, config.intake.max_frame);
	ck_assert_uint_eq(config.n_outputs, 1);
	o = &config.outputs[0];
	ck_assert_int_eq(o->type, OUTPUT_TYPE_STDOUT);
	ck_assert_ptr_null(o->file.path);
	ck_assert_uint_eq(o->feed.batch_events, 2000);
	ck_assert_uint_eq(o->feed.batch_bytes, 1000000);
	ck_assert_uint_eq(o->feed.linger_ns, 200 * NS_PER_MS);
	ck_assert_uint_eq(o->feed.buffer_events, 100000);
	ck_assert_int_eq(o->feed.encoder.envelope, ENVELOPE_NDJSON);
	ck_assert_uint_eq(config.stats_interval_ns, 60 * NS_PER_S);
	ck_assert_uint_eq(config.grace_ns, 5 * NS_PER_S);
	ck_assert_uint_eq(config.drain_ns, 30 * NS_PER_S);
	ck_assert_int_eq(config.log_level, LOG_LEVEL_INFO);
	ck_assert_str_eq(config_notes(&config), "");
}
END_TEST

START_TEST(as_much_may_wait_for_acknowledgement_as_in_memory)
{
	static const struct {
		const char *text;
		unsigned pending;
	} cases[] = {
		{ "", 0 },
		{ "ack = { max_pending = 7; };", 0 },
		{ "acknowledge = true;", 4000 },
		{ "acknowledge = true; ack = { max_pending = 7; };", 7 },
	};
	char text[512];

	for (size_t i = 0; i < COUNT(cases); i++) {
		snprintf(text, sizeof(text),
			LISTENERS "buffer_size = 4000; outputs = ( { name = "
				  "\"o\"; type = \"hec\"; token = \"t\"; "
				  "backends = ( { url = \"http://h\"; } ); %s "
				  "} );",
			cases[i].text);
		assert_loads(text);
		ck_assert_uint_eq(config.outputs[0].feed.pending_events,
			cases[i].pending);
		ck_assert_int_eq(config.outputs[0].remote.acknowledge, i >= 2);
		ck_assert_uint_eq(config.outputs[0].remote.ack_timeout_ns,
			300 * NS_PER_S);
		config_deinit(&config);
	}
}
END_TEST

/* What is to be done when memory is full, in all ways it can be said. */
START_TEST(overflow_goes_to_the_spool_if_there_is_one)
{
	static const struct {
		const char *text;
		bool spool, always;
		enum feed_overflow overflow;
	} cases[] = {
		{ "", false, false, OVERFLOW_DROP },
		{ "overflow = \"auto\";", false, false, OVERFLOW_DROP },
		{ "overflow = \"drop\";", false, false, OVERFLOW_DROP },
		{ "overflow = \"block\";", false, false, OVERFLOW_BLOCK },
		{ "spool = { path = \"/s\"; };", true, false, OVERFLOW_DROP },
		{ "overflow = \"spool\"; spool = { path = \"/s\"; full = "
		  "\"block\"; };",
			true, false, OVERFLOW_BLOCK },
		{ "spool = { path = \"/s\"; mode = \"always\"; };", true, true,
			OVERFLOW_DROP },
		{ "spool = { mode = \"always\"; full = \"block\"; };", false,
			false, OVERFLOW_DROP },
	};
	char text[512];
	const struct feed_settings *f;

	snprintf(text, sizeof(text), LISTENERS HEC TOKEN "%s } );",
		cases[_i].text);
	assert_loads(text);
	f = &config.outputs[0].feed;
	ck_assert_uint_eq(f->spool, cases[_i].spool);
	ck_assert_uint_eq(f->spool_always, cases[_i].always);
	ck_assert_int_eq(f->overflow, cases[_i].overflow);
}
END_TEST

START_TEST(a_spool_gets_all_defaults)
{
	const struct keeper_settings *k;

	assert_loads(LISTENERS HEC TOKEN "spool = { path = \"/s\"; };"
					 "dead_letter = { path = \"/d\"; }; "
					 "} );");
	k = &config.outputs[0].keeper;
	ck_assert_str_eq(k->spool.path, "/s");
	ck_assert_uint_eq(k->spool.max_size, UINT64_C(1) << 30);
	ck_assert_uint_eq(k->spool.max_age_ns, 0);
	ck_assert_int_eq(k->spool.mode, SPOOL_OVERFLOW);
	ck_assert(!k->spool.no_sync);
	ck_assert_int_eq(k->spool.gzip_level, 1);
	ck_assert_str_eq(k->dead_letters.path, "/d");
	ck_assert_uint_eq(k->dead_letters.max_size, 100000000);
	ck_assert_uint_eq(k->dead_letters.keep, 5);
}
END_TEST

START_TEST(a_hec_output_gets_all_defaults)
{
	const struct output_settings *o;
	char host[256];

	assert_loads(LISTENERS HEC TOKEN "} );");
	gethostname(host, sizeof(host));
	o = &config.outputs[0];
	ck_assert_str_eq(o->remote.access.token, "t0ken");
	ck_assert_uint_eq(o->remote.n_backends, 1);
	ck_assert_str_eq(o->remote.backends[0].url, "https://a:8088");
	ck_assert_uint_eq(o->remote.compression, COMPRESSION_GZIP);
	ck_assert_int_eq(o->remote.compression_level, 1);
	ck_assert_uint_eq(o->remote.senders, 4);
	ck_assert_uint_eq(o->remote.connect_timeout_ns, 5 * NS_PER_S);
	ck_assert_uint_eq(o->remote.request_timeout_ns, 10 * NS_PER_S);
	ck_assert_ptr_null(o->remote.access.tls_ca);
	ck_assert_uint_eq(o->remote.access.tls_insecure, 0);
	ck_assert_uint_eq(o->feed.linger_ns, NS_PER_S);
	ck_assert_int_eq(o->feed.encoder.envelope, ENVELOPE_HEC);
	ck_assert_str_eq(o->feed.encoder.source, "tapferry");
	ck_assert_str_eq(o->feed.encoder.sourcetype, "dnstap");
	ck_assert_str_eq(o->feed.encoder.host, host);
	ck_assert_ptr_null(o->feed.encoder.index);
}
END_TEST

START_TEST(an_http_output_needs_no_token)
{
	const struct output_settings *o;

	assert_loads(LISTENERS HTTP "} );");
	o = &config.outputs[0];
	ck_assert_int_eq(o->type, OUTPUT_TYPE_HTTP);
	ck_assert_ptr_null(o->remote.access.token);
	ck_assert_str_eq(o->remote.backends[0].url, "https://a/b?c=d");
	ck_assert_uint_eq(o->remote.collector.method, METHOD_POST);
	ck_assert_uint_eq(o->remote.collector.format, FORMAT_NDJSON);
	ck_assert_ptr_null(o->remote.collector.content_type);
	ck_assert_uint_eq(o->remote.access.headers.n, 0);
	ck_assert_int_eq(o->feed.encoder.envelope, ENVELOPE_NDJSON);
	ck_assert_uint_eq(o->feed.linger_ns, NS_PER_S);
}
END_TEST

START_TEST(headers_are_printed_without_their_values)
{
	struct buf out = BUF_NULL;

	assert_loads(LISTENERS HTTP "method = \"put\"; headers = [\"A: s1\", "
				    "\"Authorization: Basic s2\"]; } );");
	ck_assert_str_eq(config.outputs[0].remote.access.headers.lines[1],
		"Authorization: Basic s2");
	config_print(&config, &out);
	ck_assert_ptr_nonnull(strstr(buf_str(&out),
		"= [\"A: ********\", \"Authorization: ********\"];"));
	ck_assert_ptr_null(strstr(buf_str(&out), "s2"));
	buf_deinit(&out);
}
END_TEST

START_TEST(a_hec_token_is_not_for_other_products)
{
	const struct config_override o = { "outputs.*:hec.token", "t0k", "env",
		true };

	ck_assert_int_eq(load_with(LISTENERS
				 "outputs = ( { name = \"h\"; type = \"HEC\"; "
				 "backends = ( { url = \"https://a\"; } ); }, "
				 "{ name = \"w\"; type = \"http\"; backends = "
				 "( { url = \"https://b\"; } ); } );",
				 &o, 1),
		0);
	ck_assert_str_eq(config.outputs[0].remote.access.token, "t0k");
	ck_assert_ptr_null(config.outputs[1].remote.access.token);
}
END_TEST

START_TEST(max_connections_follows_buffer_size_within_bounds)
{
	static const struct {
		const char *text;
		unsigned max;
	} cases[] = {
		{ "buffer_size = 1;", 10 },
		{ "buffer_size = 110;", 11 },
		{ "buffer_size = 4000;", 400 },
		{ "buffer_size = 5001;", 500 },
		{ "buffer_size = 100000;", 500 },
		{ "buffer_size = 1; limits = { max_connections = 30000; };",
			30000 },
	};

	for (size_t i = 0; i < COUNT(cases); i++) {
		char text[512];

		snprintf(text, sizeof(text), "%s%s", cases[i].text,
			LISTENERS STDOUT);
		assert_loads(text);
		ck_assert_uint_eq(config.intake.max_connections, cases[i].max);
		config_deinit(&config);
	}
}
END_TEST

/* the file's text, and what the message must have */
static const struct {
	const char *text, *message;
} wrong[] = {
	{ LISTENERS STDOUT "wrkers = 2;",
		"test.conf:3: wrkers: there is no such setting (did you mean "
		"workers?)" },
	{ LISTENERS "outputs = ( { name = \"h\"; type = \"hec\"; backends = ( "
		    "{ url = \"http://h/?token=t\"; } ); token = \"t\"; } );",
		"\"http://h/?********\" must not have a query" },
	{ LISTENERS STDOUT "workers = \"2\";",
		"test.conf:3: workers: must be a whole number without quotes" },
	{ LISTENERS STDOUT "workers = 2.5;", "whole number" },
	{ LISTENERS STDOUT "workers = { };", "whole number" },
	{ LISTENERS STDOUT "workers = 257;",
		"test.conf:3: workers: \"257\" is out of range (allowed: "
		"0..256 threads)" },
	{ LISTENERS STDOUT "stats_interval = 60;", "needs a unit" },
	{ LISTENERS STDOUT "limits = {\n max_frame = true; };",
		"test.conf:4: limits.max_frame: must be a size in quotes" },
	{ LISTENERS STDOUT "limits = 5;",
		"limits: must be a group: limits = { ... };" },
	{ LISTENERS STDOUT "max_frame = \"1MB\";",
		"did you mean limits.max_frame?" },
	{ LISTENERS STDOUT "log = { level = info };", "test.conf:3: syntax" },
	{ LISTENERS STDOUT LISTENERS,
		"test.conf:3: duplicate setting name: the key of this line was "
		"given before, keep one" },
	{ LISTENERS "outputs = [ { name = \"o\"; } ];", "instead of ( )" },
	{ LISTENERS "outputs = ( { name = \"o\"; type = \"stdout\"; "
		    "compresion = \"none\"; } );",
		"outputs.o.compresion: there is no such setting (did you mean "
		"compression?)" },
	{ STDOUT,
		"test.conf: listeners: there are none: name one, listeners =" },
	{ LISTENERS, "test.conf: outputs: there are none: name one" },
	{ LISTENERS "outputs = ();", "test.conf:2: outputs: there are none" },
	{ LISTENERS "outputs = { };", "must be a list of groups" },
	{ LISTENERS "outputs = [ 1 ];", "must be a list of groups" },
	{ LISTENERS "outputs = ( 1 );",
		"test.conf:2: outputs.0: must be a group" },
	{ LISTENERS "outputs = ( { type = \"stdout\"; } );",
		"test.conf:2: outputs.0.name: is missing" },
	{ LISTENERS "outputs = ( { name = \"o\"; } );",
		"outputs.o.type: is missing: stdout and file" },
	{ LISTENERS "outputs = ( { name = \"o\"; type = \"fiel\"; } );",
		"did you mean file?" },
	{ LISTENERS "outputs = ( { name = \"o\"; type = \"file\"; } );",
		"outputs.o.path: is missing" },
	{ LISTENERS HEC TOKEN "path = \"/x\"; } );",
		"outputs.h.path: belongs to outputs of type file, pipe or "
		"socket only" },
	{ LISTENERS HEC TOKEN "rotate = { size = \"1GB\"; }; } );",
		"outputs.h.rotate: belongs to outputs of type file only" },
	{ LISTENERS "outputs = ( { name = \"o\"; type = \"stdout\"; "
		    "tls = { }; } );",
		"outputs.o.tls: belongs to outputs of type hec or http only" },
	{ LISTENERS "outputs = ( { name = \"o\"; type = \"stdout\"; "
		    "batch = { byts = 1; }; } );",
		"outputs.o.batch.byts: there is no such setting (did you mean "
		"bytes?)" },
	{ LISTENERS "outputs = ( { name = \"h\"; type = \"hec\"; token = "
		    "\"t\"; } );",
		"outputs.h.backends: there are none" },
	{ LISTENERS "outputs = ( { name = \"h\"; type = \"hec\"; token = "
		    "\"t\"; backends = ( { } ); } );",
		"outputs.h.backends.0.url: is missing" },
	{ LISTENERS HEC TOKEN "breaker = { time = \"10m\"; }; } );",
		"outputs.h.breaker.max_time: is less than breaker.time" },
	{ LISTENERS "outputs = ( { name = \"h\"; type = \"hec\"; token = "
		    "\"t\"; backends = ( { url = \"http://a\"; }, { url = "
		    "\"http://a\"; } ); } );",
		"outputs.h.backends.1.url: an earlier backend has that URL" },
	{ LISTENERS HEC TOKEN "health = { path = \"up\"; }; } );",
		"outputs.h.health.path: must begin with a /" },
	{ LISTENERS HEC TOKEN "balance = \"fastest\"; } );",
		"(allowed: round-robin, least-connections, random, "
		"power-of-two" },
	{ LISTENERS HEC TOKEN "tls = { ca = \"/nonexistent\"; }; } );",
		"outputs.h.tls.ca: /nonexistent cannot be read: No such file" },
	{ LISTENERS HEC TOKEN "token_file = \"/x\"; } );",
		"outputs.h.token_file: there is a token as well" },
	{ LISTENERS HEC "} );", "or the systemd credential hec.token" },
	{ LISTENERS HEC TOKEN "method = \"PUT\"; } );",
		"method: belongs to outputs of type http only" },
	{ LISTENERS HEC TOKEN "headers = [\"authorization: x\"]; } );",
		"headers: has Authorization, and there is a token" },
	{ LISTENERS HTTP "token_file = \"/x\"; "
			 "headers = [\"Authorization: x\"]; } );",
		"headers: has Authorization, and there is a token" },
	{ LISTENERS HTTP "headers = \"Host\"; } );",
		"headers: number 1 is not a header" },
	{ LISTENERS HTTP "headers = 7; } );",
		"headers: must be a list of headers" },
	{ LISTENERS HEC TOKEN "compression = \"zstd\"; } );",
		"test.conf:4: outputs.h.compression: Splunk takes no zstd: set "
		"it to \"gzip\" or \"none\"" },
	{ LISTENERS HTTP "compression = \"zstandard\"; } );",
		"(allowed: none, gzip, zstd)" },
	{ LISTENERS HTTP "index = \"dns\"; } );",
		"index: belongs to outputs of type hec only" },
	{ LISTENERS HTTP "format = \"json\"; } );",
		"format: \"json\" is not one of the words allowed" },
	{ LISTENERS HEC "token = 5; } );", "outputs.h.token: must be a text" },
	{ LISTENERS HEC TOKEN "retry = { initial = \"5s\"; max = \"1s\"; }; "
			      "} );",
		"outputs.h.retry.max: is less than retry.initial" },
	{ "listeners = ( { name = \"l\"; address = \"/a\"; },\n"
	  "{ name = \"l\"; address = \"/b\"; } );" STDOUT,
		"test.conf:2: listeners.l.name: an earlier listener" },
	{ "listeners = ( { name = \"l\"; address = \"/a\"; },\n"
	  "{ name = \"m\"; address = \"unix:/a\"; } );" STDOUT,
		"test.conf:2: listeners.m.address: an earlier listener" },
	{ LISTENERS "outputs = ( { name = \"o\"; type = \"stdout\"; },"
		    "{ name = \"p\"; type = \"stdout\"; } );",
		"outputs.p.type: an earlier output writes to standard" },
	{ LISTENERS "outputs = ( { name = \"o\"; type = \"file\"; path = "
		    "\"/a\"; }, { name = \"o\"; type = \"file\"; path = "
		    "\"/a\"; } );",
		"outputs.o.path: an earlier output writes that file" },
	{ LISTENERS HEC TOKEN "overflow = \"spool\"; } );",
		"outputs.h.spool.path: is missing: overflow is spool" },
	{ LISTENERS HEC TOKEN "overflow = \"drop\"; spool = { path = "
			      "\"/s\"; }; } );",
		"outputs.h.overflow: there is a spool" },
	{ LISTENERS HEC TOKEN "overflow = \"block\"; spool = { path = "
			      "\"/s\"; }; } );",
		"outputs.h.overflow: there is a spool" },
	{ LISTENERS HEC TOKEN "spool = { path = \"/s\"; max_size = 5; }; } );",
		"outputs.h.spool.max_size: " },
	{ LISTENERS HEC TOKEN "batch = { bytes = \"16MiB\"; }; spool = { path "
			      "= \"/s\"; max_size = \"1MiB\"; }; } );",
		"outputs.h.spool.max_size: is less than batch.bytes, which is "
		"16MiB" },
	{ LISTENERS HEC TOKEN "spool = { path = \"/s\"; }; },"
			      "{ name = \"i\"; type = \"hec\"; " TOKEN
			      "backends = ( { url = \"https://b:1\"; } );"
			      "spool = { path = \"//s/\"; }; } );",
		"outputs.i.spool.path: an earlier output has that folder" },
	{ LISTENERS HEC TOKEN "dead_letter = { path = \"/d\"; }; },"
			      "{ name = \"i\"; type = \"hec\"; " TOKEN
			      "backends = ( { url = \"https://b:1\"; } );"
			      "dead_letter = { path = \"/d\"; }; } );",
		"outputs.i.dead_letter.path: an earlier output writes that" },
	{ LISTENERS "outputs = ( { name = \"o\"; type = \"stdout\"; "
		    "spool = { path = \"/s\"; }; } );",
		"outputs.o.spool: belongs to outputs of type" },
	{ "listeners = ( { name = \"l\"; address = \"tcp://127.0.0.1:1\"; "
	  "group = \"bind\"; } );" STDOUT,
		"listeners.l.group: belongs to listeners on a unix socket" },
	{ "listeners = ( { name = \"l\"; address = \"/run/l\"; "
	  "receive_buffer = 0; } );" STDOUT,
		"listeners.l.receive_buffer: belongs to listeners on TCP" },
	{ "listeners = ( { name = \"l\"; address = \"/run/l\";\n"
	  "allow = [ \"192.0.2.0/24\" ]; } );" STDOUT,
		"test.conf:2: listeners.l.allow: belongs to listeners on TCP" },
	{ "listeners = ( { name = \"l\"; address = \"/run/l\";\n"
	  "owner = \"no-such-user-here\"; } );" STDOUT,
		"test.conf:2: listeners.l.owner: there is no user "
		"\"no-such-user-here\": create it" },
	{ "listeners = ( { name = \"l\"; address = \"/run/l\";\n"
	  "group = \"no-such-group-here\"; } );" STDOUT,
		"test.conf:2: listeners.l.group: there is no group "
		"\"no-such-group-here\": create it" },
	{ LISTENERS STDOUT "control = { socket = \"/run/c\";\n"
			   "group = \"no-such-group-here\"; };",
		"test.conf:4: control.group: there is no group" },
	{ TLS("cert = \"/x\";"), "listeners.l.tls.key: is missing" },
	{ TLS(""), "listeners.l.tls.cert: is missing" },
	{ "listeners = ( { name = \"l\"; address = \"tls://127.0.0.1:1\"; } "
	  ");" STDOUT,
		"listeners.l.tls.cert: is missing" },
	{ TLS("cert = \"/no/c\"; key = \"/no/k\";"),
		"listeners.l: tls.cert /no/c cannot be read: No such file" },
	{ TLS("cert = \"/no/c\"; key = \"/no/k\"; client_auth = "
	      "\"required\";"),
		"listeners.l.tls.client_ca: is missing: clients'" },
	{ TLS("cert = \"/no/c\"; key = \"/no/k\"; names = \"a\";"),
		"listeners.l.tls.client_ca: is missing: names are" },
	{ TLS("cert = \"/no/c\"; key = \"/no/k\"; client_auth = \"on\";"),
		"(allowed: auto, none, optional, required" },
	{ TCP "tls = { cert = \"/no/c\"; }; } );" STDOUT,
		"listeners.l.tls: belongs to listeners with a tls:// address" },
	{ TCP "deny = [ \"192.0.2.1/24\" ]; } );" STDOUT,
		"listeners.l.deny: \"192.0.2.1/24\" has bits set behind its "
		"prefix: write 192.0.2.0/24" },
	{ TCP "deny = [ 5 ]; } );" STDOUT,
		"listeners.l.deny: must be a list of networks in quotes" },
	{ TCP "deny = { }; } );" STDOUT, "must be a list of networks" },
	{ "listeners = ( { name = \"l\"; address = \"/run/l\"; mode = 0660; } "
	  ");" STDOUT,
		"octal mode in quotes" },
};

START_TEST(networks_are_read_from_arrays_lists_and_texts)
{
	static const char *const forms[] = {
		"[ \"192.0.2.0/24\", \"2001:db8::/32\" ]",
		"( \"192.0.2.0/24\", \"2001:db8::/32\" )",
		"\"192.0.2.0/24,2001:db8::/32\"",
	};
	const struct listener_settings *l;
	struct buf text = BUF_NULL, networks = BUF_NULL;

	buf_printf(&text, TCP "allow = %s; } );" STDOUT, forms[_i]);
	assert_loads(buf_str(&text));
	l = &config.intake.listeners[0];
	cidr_list_format(&l->allow, &networks);
	ck_assert_str_eq(buf_str(&networks), "192.0.2.0/24, 2001:db8::/32");
	ck_assert_uint_eq(l->deny.n, 0);
	buf_deinit(&text);
	buf_deinit(&networks);
}
END_TEST

START_TEST(a_wrong_file_says_where_what_and_how_to_mend_it)
{
	assert_wrong(wrong[_i].text, wrong[_i].message);
}
END_TEST

START_TEST(zstd_is_for_builds_that_have_it)
{
	static const char text[] = LISTENERS HTTP
		"compression = \"zstd\"; compression_level = 12; } );";

	if (!compression_built(COMPRESSION_ZSTD)) {
		assert_wrong(text,
			"test.conf:3: outputs.w.compression: this tapferryd "
			"was built without libzstd: set it to \"gzip\" or "
			"\"none\"");
		return;
	}
	assert_loads(text);
	ck_assert_uint_eq(
		config.outputs[0].remote.compression, COMPRESSION_ZSTD);
	ck_assert_int_eq(config.outputs[0].remote.compression_level, 12);
}
END_TEST

START_TEST(one_run_tells_all_problems)
{
	unsigned lines = 0;

	ck_assert_int_eq(load("workers = 1000;\n"
			      "limits = { max_frame = \"1B\"; };\n"
			      "shutdown = { grace = \"1y\"; };\n"),
		-EINVAL);
	for (const char *p = buf_str(&error); *p != '\0'; p++)
		lines += *p == '\n';
	ck_assert_uint_eq(lines, 5); /* no listeners and no outputs either */
}
END_TEST

START_TEST(printed_settings_load_to_the_same_settings)
{
	struct buf once = BUF_NULL, twice = BUF_NULL;
	char *p;

	assert_loads(
		"listeners = ( { name = \"l\"; address = "
		"\"tcp://[::1]:6000\"; allow = [ \"::1\", \"192.0.2.0/24\" "
		"]; }, { name = \"u\"; address = "
		"\"/run/u\"; owner = \"0\"; } );\n"
		"outputs = ( { name = \"f\"; type = \"file\"; path = "
		"\"/a\\\\b\\\"\"; rotate = { size = \"1GB\"; gzip = true; }; "
		"}, { name = \"h\"; type = \"hec\"; token = \"t0k\"; "
		"source = \"\"; backends = ( { url = \"https://a:1\"; }, "
		"{ url = \"https://b:1\"; } ); } );\n");
	config_print(&config, &once);
	ck_assert_ptr_null(strstr(buf_str(&once), "t0k"));
	ck_assert_ptr_nonnull(strstr(buf_str(&once), "# test.conf:1"));
	ck_assert_ptr_nonnull(strstr(buf_str(&once), "# default"));
	config_deinit(&config);

	/* without its mask, and apart from where settings come from */
	p = strstr(once.data, "********");
	ck_assert_ptr_nonnull(p);
	memset(p, 't', 8);
	assert_loads(buf_str(&once));
	config_print(&config, &twice);
	memset(p, '*', 8);
	for (char *a = once.data, *b = twice.data; a != NULL && b != NULL;) {
		ck_assert_mem_eq(a, b, strcspn(a, "#\n"));
		a = strchr(a, '\n');
		b = strchr(b, '\n');
		ck_assert_int_eq(a == NULL, b == NULL);
		if (a != NULL) {
			a++;
			b++;
		}
	}
	buf_deinit(&once);
	buf_deinit(&twice);
}
END_TEST

/* Connecting takes permission to write. */
START_TEST(who_may_only_read_the_control_socket_controls_nothing)
{
	assert_loads(LISTENERS STDOUT
		"control = { socket = \"/run/c\"; mode = \"0664\"; };");
	ck_assert_str_eq(config_notes(&config), "");
	config_deinit(&config);
	assert_loads(LISTENERS STDOUT
		"control = { socket = \"/run/c\"; mode = \"0662\"; };");
	ck_assert_ptr_nonnull(strstr(
		config_notes(&config), "every user of this machine can"));
}
END_TEST

START_TEST(what_is_risky_is_noted)
{
	assert_loads(LISTENERS
		"outputs = ( { name = \"h\"; type = \"hec\"; token = \"t\"; "
		"tls = { insecure = true; }; "
		"backends = ( { url = \"http://splunk:8088\"; } ); } );");
	ck_assert_ptr_nonnull(strstr(config_notes(&config),
		"\ntest.conf:2: outputs.h: http:// sends the token"));
	ck_assert_ptr_nonnull(strstr(config_notes(&config), "tls.insecure"));
	config_deinit(&config);
	assert_loads(LISTENERS
		"outputs = ( { name = \"h\"; type = \"hec\"; token = \"t\"; "
		"backends = ( { url = \"http://127.0.0.1:8088\"; } ); } );");
	ck_assert_str_eq(config_notes(&config), "");
}
END_TEST

static char dir[] = "/tmp/tapferry-config-XXXXXX";

static const char *put(const char *name, const char *text)
{
	static char path[256];
	FILE *f;

	snprintf(path, sizeof(path), "%s/%s", dir, name);
	f = fopen(path, "w");
	ck_assert_ptr_nonnull(f);
	fputs(text, f);
	fclose(f);
	return path;
}

static void remove_dir(void)
{
	static const char *const names[] = { "hec.token", "main.conf",
		"more.conf" };
	char path[256];

	for (size_t i = 0; i < COUNT(names); i++) {
		snprintf(path, sizeof(path), "%s/%s", dir, names[i]);
		unlink(path);
	}
	rmdir(dir);
}

static int load_file(const char *path)
{
	return config_load(
		&config, &(struct config_source){ .file = path }, &error);
}

START_TEST(the_token_may_come_from_a_file_or_a_credential)
{
	char text[512], note[128];
	struct buf out = BUF_NULL;
	const char *path;

	ck_assert_ptr_nonnull(mkdtemp(dir));
	path = put("hec.token", "from-file\n");
	ck_assert_int_eq(chmod(path, 0644), 0);
	snprintf(text, sizeof(text), LISTENERS HEC "token_file = \"%s\"; } );",
		path);
	assert_loads(text);
	ck_assert_str_eq(config.outputs[0].remote.access.token, "from-file");
	snprintf(note, sizeof(note), "every user can read %s: chmod", path);
	ck_assert_ptr_nonnull(strstr(config_notes(&config), note));
	config_print(&config, &out);
	ck_assert_ptr_null(strstr(buf_str(&out), "# token: "));
	config_deinit(&config);

	setenv("CREDENTIALS_DIRECTORY", dir, 1);
	assert_loads(LISTENERS HEC "} );");
	ck_assert_str_eq(config.outputs[0].remote.access.token, "from-file");
	buf_clear(&out);
	config_print(&config, &out);
	ck_assert_ptr_nonnull(strstr(buf_str(&out),
		"\n    # token: systemd credential hec.token\n"));
	buf_deinit(&out);

	put("hec.token", "not a token\n");
	config_deinit(&config);
	assert_wrong(LISTENERS HEC "} );", "no token has");
	put("hec.token", "");
	assert_wrong(text, "is empty");
	assert_wrong(text, "test.conf:3: outputs.h.token_file: token file /");
	remove_dir();
	assert_wrong(text, "No such file");
}
END_TEST

START_TEST(includes_are_found_beside_the_file_and_named)
{
	char path[256], text[512];

	ck_assert_ptr_nonnull(mkdtemp(dir));
	put("more.conf", "workers = 3;\nbuffer_size = 0;\n");
	snprintf(path, sizeof(path), "%s",
		put("main.conf", "@include \"more.conf\"\n" LISTENERS STDOUT));
	ck_assert_int_eq(load_file(path), -EINVAL);
	ck_assert_ptr_nonnull(
		strstr(buf_str(&error), "more.conf:2: buffer_size"));
	buf_clear(&error);

	put("more.conf", "workers = 3;\n");
	ck_assert_int_eq(load_file(path), 0);
	ck_assert_uint_eq(config.intake.workers, 3);
	config_deinit(&config);

	snprintf(text, sizeof(text), "@include \"%s/more.conf\"\n%s", dir,
		LISTENERS STDOUT);
	put("main.conf", text);
	ck_assert_int_eq(load_file(path), 0);
	ck_assert_uint_eq(config.intake.workers, 3);
	config_deinit(&config);

	put("main.conf", "@include \"absent.conf\"\n");
	ck_assert_int_eq(load_file(path), -EINVAL);
	ck_assert_ptr_nonnull(strstr(buf_str(&error),
		"main.conf:1: cannot open include file absent.conf: check that "
		"it exists and can be read\n"));
	remove_dir();
}
END_TEST

START_TEST(a_number_too_large_for_libconfig_is_refused)
{
	static const char *const texts[] = {
		"workers = 4294967297;", /* 1, if it were cut */
		"buffer_size = 0x100000001;",
		"limits = {\n max_frame =\n5368709120; };",
	};
	char path[256], text[512];

	ck_assert_ptr_nonnull(mkdtemp(dir));
	for (size_t i = 0; i < COUNT(texts); i++) {
		snprintf(text, sizeof(text), LISTENERS STDOUT "%s\n", texts[i]);
		snprintf(path, sizeof(path), "%s", put("main.conf", text));
		ck_assert_int_eq(load_file(path), -EINVAL);
		ck_assert_msg(strstr(buf_str(&error), "too large a number") ||
				      strstr(buf_str(&error), "out of range"),
			"%s", buf_str(&error));
		buf_clear(&error);
	}
	remove_dir();
}
END_TEST

START_TEST(a_file_that_cannot_be_read_says_why)
{
	ck_assert_int_eq(load_file("/nonexistent/tapferry.conf"), -EINVAL);
	ck_assert_ptr_nonnull(strstr(buf_str(&error), "No such file"));
	ck_assert_ptr_nonnull(strstr(buf_str(&error), "-c FILE"));
	buf_clear(&error);
	ck_assert_int_eq(load_file("/tmp"), -EINVAL);
	ck_assert_ptr_nonnull(strstr(buf_str(&error), "directory"));
}
END_TEST

int main(void)
{
	TCase *t = tcase_create("config");

	tcase_add_checked_fixture(t, NULL, load_teardown);
	tcase_add_test(t, the_shortest_file_gets_all_defaults);
	tcase_add_test(t, a_hec_output_gets_all_defaults);
	tcase_add_loop_test(
		t, overflow_goes_to_the_spool_if_there_is_one, 0, 8);
	tcase_add_test(t, a_spool_gets_all_defaults);
	tcase_add_test(t, an_http_output_needs_no_token);
	tcase_add_test(t, headers_are_printed_without_their_values);
	tcase_add_test(t, a_hec_token_is_not_for_other_products);
	tcase_add_test(t, max_connections_follows_buffer_size_within_bounds);
	tcase_add_loop_test(t, a_wrong_file_says_where_what_and_how_to_mend_it,
		0, COUNT(wrong));
	tcase_add_loop_test(
		t, networks_are_read_from_arrays_lists_and_texts, 0, 3);
	tcase_add_test(t, zstd_is_for_builds_that_have_it);
	tcase_add_test(t, one_run_tells_all_problems);
	tcase_add_test(t, printed_settings_load_to_the_same_settings);
	tcase_add_test(
		t, who_may_only_read_the_control_socket_controls_nothing);
	tcase_add_test(t, what_is_risky_is_noted);
	tcase_add_test(t, the_token_may_come_from_a_file_or_a_credential);
	tcase_add_test(t, includes_are_found_beside_the_file_and_named);
	tcase_add_test(t, a_number_too_large_for_libconfig_is_refused);
	tcase_add_test(t, as_much_may_wait_for_acknowledgement_as_in_memory);
	tcase_add_test(t, a_file_that_cannot_be_read_says_why);
	return suite_run("config", t);
}
