/* A monitoring endpoint whose certificate and key are replaced as it reads. */
#include "monitor/monitor.h"

#include <dlfcn.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>
#include <urcu.h>

#include "lib/intake_rig.h"
#include "lib/suite.h"
#include "lib/tls_pki.h"

static struct pki pki;
static char address[PKI_PATH_MAX], error[512];
static struct monitor_settings settings;
static struct rig rig;
static struct monitor_view view;
static struct monitor *m;

/* The file that is read as number `at` is another then; 0: none. */
static int at;
static const char *instead;

int gnutls_load_file(const char *path, gnutls_datum_t *data)
{
	int (*real)(const char *, gnutls_datum_t *);
	void *symbol = dlsym(RTLD_NEXT, "gnutls_load_file");

	memcpy(&real, &symbol, sizeof(real));
	return real(at != 0 && --at == 0 ? instead : path, data);
}

static void setup(void)
{
	rcu_register_thread();
	rig_init(&rig);
	rig_start(&rig);
	view = (struct monitor_view){
		.settings = &rig.settings,
		.intake = rig.intake,
		.stats = &rig.stats,
	};
	pki_init(&pki);
	snprintf(address, sizeof(address), "unix:%s/s", pki.dir);
	settings = (struct monitor_settings){
		.listen = { .mode = 0600, .backlog = 8 },
		.tls_cert = pki.server.cert,
		.tls_key = pki.server.key,
		.max_connections = 4,
		.timeout_ns = 10000000000,
	};
	ck_assert_int_eq(address_parse(&settings.listen.address, address), 0);
	ck_assert_int_eq(
		monitor_new(&m, &settings, &view, error, sizeof(error)), 0);
	ck_assert_int_eq(monitor_start(m, error, sizeof(error)), 0);
}

static void teardown(void)
{
	m = monitor_stop(m);
	pki_deinit(&pki);
	rig_end(&rig, 0);
	rcu_unregister_thread();
}

/* Does it show a certificate of the first authority? */
static bool is_trusted(void)
{
	struct tls_client c;
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	bool shaken;

	ck_assert_int_eq(connect(fd, &settings.listen.address.sa,
				 settings.listen.address.len),
		0);
	tls_client_init(&c, &pki, NULL, NULL, fd);
	shaken = tls_client_shake(&c);
	tls_client_deinit(&c);
	close(fd);
	return shaken;
}

/* In the files of the former; of the other authority. */
static void replace_files(void)
{
	static const struct pki_wish wish = { "tap", "tap.example", -60, 3600,
		NULL };

	pki_make(&pki, &pki.server, "server", &wish, &pki.other_ca);
}

START_TEST(what_is_new_in_the_files_is_shown)
{
	ck_assert(is_trusted());
	ck_assert_int_eq(monitor_renew(m, error, sizeof(error)), 0);
	replace_files();
	ck_assert_int_eq(
		monitor_renew(m, error, sizeof(error)), MONITOR_E_RENEWED);
	ck_assert(!is_trusted());
}
END_TEST

/* Read twice: to see whether they are valid, then for the library. */
START_TEST(a_file_that_goes_away_meanwhile_changes_nothing)
{
	replace_files();
	instead = "/nowhere/file";
	at = _i;
	ck_assert_int_lt(monitor_renew(m, error, sizeof(error)), 0);
	ck_assert_int_eq(at, 0);
	ck_assert(is_trusted());
}
END_TEST

START_TEST(a_pair_that_is_torn_meanwhile_leaves_the_former_one)
{
	replace_files();
	instead = pki.client.key;
	at = 4;
	ck_assert_int_lt(monitor_renew(m, error, sizeof(error)), 0);
	ck_assert_int_eq(at, 0);
	ck_assert_ptr_nonnull(strstr(error, "belong together"));
	ck_assert(is_trusted());
	replace_files();
	ck_assert_int_eq(
		monitor_renew(m, error, sizeof(error)), MONITOR_E_RENEWED);
	ck_assert(!is_trusted());
}
END_TEST

int main(void)
{
	TCase *t = tcase_create("renewal");

	tcase_add_checked_fixture(t, setup, teardown);
	tcase_add_test(t, what_is_new_in_the_files_is_shown);
	tcase_add_loop_test(
		t, a_file_that_goes_away_meanwhile_changes_nothing, 1, 5);
	tcase_add_test(t, a_pair_that_is_torn_meanwhile_leaves_the_former_one);
	return suite_run("renewal", t);
}
