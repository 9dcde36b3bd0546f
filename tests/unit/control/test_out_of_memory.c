#include "load.h"

#include "control/cmdline.h"
#include "lib/fault.h"
#include "lib/suite.h"

static int make_config(void)
{
	int r = load(
		"listeners = ( { name = \"l\"; address = \"tcp://[::]:1\"; "
		"allow = [ \"192.0.2.0/24\", \"::/0\" ]; } );"
		"outputs = ( { name = \"h\"; type = \"hec\"; " TOKEN
		"backends = ( { url = \"http://a:1\"; }, "
		"{ url = \"http://b:1\"; } ); }, { name = "
		"\"o\"; type = \"stdout\"; } );");

	config_deinit(&config);
	return r;
}

static int make_cmdline(void)
{
	char *argv[] = { (char[]){ "tapferryd" }, (char[]){ "--listen" },
		(char[]){ "/l" }, (char[]){ "--hec-token" }, (char[]){ "t" },
		(char[]){ "-o" }, (char[]){ "a=b" }, NULL };
	struct cmdline cmd;
	int r = cmdline_parse(&cmd, 7, argv, &error);

	cmdline_deinit(&cmd);
	return r;
}

static int (*const makers[])(void) = { make_config, make_cmdline };

/* Notes and messages may be lost, but nothing is done by halves. */
START_TEST(each_failed_allocation_is_an_error_or_costs_a_note)
{
	unsigned k = 0, errors = 0;
	bool failed;
	int r;

	do {
		fault_alloc_at(++k);
		r = makers[_i]();
		failed = fault_happened();
		fault_alloc_at(0); /* check allocates too */
		ck_assert_msg(
			r == 0 || (failed && r == -ENOMEM), "%u: %d", k, r);
		errors += r != 0;
		buf_deinit(&error);
	} while (failed);
	ck_assert_uint_ge(errors, 5);
}
END_TEST

int main(void)
{
	TCase *t = tcase_create("out of memory");

	tcase_add_loop_test(t,
		each_failed_allocation_is_an_error_or_costs_a_note, 0,
		COUNT(makers));
	return suite_run("control out of memory", t);
}
