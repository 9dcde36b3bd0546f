/* Certificates, keys and authorities: what is loaded, refused, and reloaded. */
#include "net/tls_keyring.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <urcu.h>

#include "lib/suite.h"
#include "lib/tls_pki.h"
#include "sync/rcu.h"

static struct pki pki;
static struct tls_settings settings;
static char error[512];

static int load(void)
{
	struct tls_credentials *c;
	int r = tls_credentials_load(&c, &settings, error, sizeof(error));

	if (r == 0)
		tls_credentials_put(c);
	return r;
}

static void check_refused(const char *file, const char *why)
{
	ck_assert_int_eq(load(), -EINVAL);
	ck_assert_msg(strstr(error, file) != NULL, "%s", error);
	ck_assert_msg(strstr(error, why) != NULL, "%s", error);
}

START_TEST(what_fits_together_is_loaded)
{
	ck_assert_int_eq(load(), 0);
	settings.client_ca = pki.ca.cert;
	ck_assert_int_eq(load(), 0);
	settings.priority = "SECURE256";
	ck_assert_int_eq(load(), 0);
}
END_TEST

START_TEST(what_does_not_is_refused_by_name)
{
	static const struct pki_wish expired = { "old", NULL, -60, -1, NULL };
	static const struct pki_wish early = { "new", NULL, 60, 120, NULL };
	struct pki_files f;
	struct tls_settings good = settings;

	settings.key = pki.client.key;
	check_refused(pki.client.key, "does not belong to tls.cert");
	settings = good;
	settings.cert = "/nowhere/cert.pem";
	check_refused(settings.cert, "No such file");
	settings = good;
	settings.key = "/nowhere/key.pem";
	check_refused(settings.key, "No such file");
	settings = good;
	settings.cert = pki.server.key;
	check_refused(settings.cert, "no certificate in PEM form");
	settings = good;
	settings.key = pki.server.cert;
	check_refused(settings.key, "no private key in PEM form");
	settings = good;
	settings.client_ca = pki.ca.key;
	check_refused(settings.client_ca, "no certificate in PEM form");
	settings.client_ca = "/nowhere/ca.pem";
	check_refused(settings.client_ca, "No such file");
	settings = good;
	settings.priority = "NORMAL:+NONSENSE:-VERS-TLS1.3";
	check_refused("tls.priority", "from \"+NONSENSE\" on");
	settings = good;
	pki_make(&pki, &f, "f", &expired, &pki.ca);
	settings.cert = f.cert;
	settings.key = f.key;
	check_refused(f.cert, "has expired on 20");
	pki_make(&pki, &f, "f", &early, &pki.ca);
	check_refused(f.cert, "is not valid before 20");
}
END_TEST

START_TEST(authorities_nobody_asks_for_are_not_read)
{
	settings.client_ca = "/nowhere/ca.pem";
	settings.client_auth = TLS_CLIENT_NONE;
	ck_assert_int_eq(load(), 0);
}
END_TEST

static int refresh(struct tls_keyring *k, bool force)
{
	return tls_keyring_refresh(k, force, error, sizeof(error));
}

START_TEST(a_keyring_follows_its_files)
{
	static const struct pki_wish wish = { "tap", NULL, -60, 600, NULL };
	struct tls_credentials *old, *now;
	struct tls_keyring k;

	settings.client_ca = pki.other_ca.cert;
	ck_assert_int_eq(
		tls_keyring_init(&k, &settings, error, sizeof(error)), 0);
	old = tls_keyring_get(&k);
	ck_assert_int_eq(refresh(&k, false), 0);
	pki_make(&pki, &pki.server, "server", &wish, &pki.ca);
	ck_assert_int_eq(refresh(&k, false), KEYRING_E_CHANGED);
	now = tls_keyring_get(&k);
	ck_assert_ptr_ne(now, old);
	tls_credentials_put(now);
	ck_assert_int_eq(refresh(&k, false), 0);
	/* the authorities, too */
	pki_make(&pki, &pki.other_ca, "other_ca", &wish, NULL);
	ck_assert_int_eq(refresh(&k, false), KEYRING_E_CHANGED);
	/* asked for, though nothing changed */
	ck_assert_int_eq(refresh(&k, true), KEYRING_E_CHANGED);
	rcu_barrier();
	/* who holds old ones still can use them */
	ck_assert_ptr_nonnull(old->x509);
	tls_credentials_put(old);
	tls_keyring_deinit(&k);
}
END_TEST

START_TEST(bad_files_leave_the_old_in_force_and_are_told_once)
{
	static const struct pki_wish wish = { "tap", NULL, -60, 600, NULL };
	char kept[PKI_PATH_MAX + 8];
	struct tls_credentials *old, *now;
	struct tls_keyring k;

	ck_assert_int_eq(
		tls_keyring_init(&k, &settings, error, sizeof(error)), 0);
	old = tls_keyring_get(&k);
	/* half a renewal: another certificate, the key of before */
	snprintf(kept, sizeof(kept), "%s.kept", pki.server.key);
	ck_assert_int_eq(link(pki.server.key, kept), 0);
	pki_make(&pki, &pki.server, "server", &wish, &pki.ca);
	ck_assert_int_eq(rename(kept, pki.server.key), 0);
	ck_assert_int_eq(refresh(&k, false), -EINVAL);
	ck_assert_ptr_nonnull(strstr(error, "does not belong"));
	now = tls_keyring_get(&k);
	ck_assert_ptr_eq(now, old);
	tls_credentials_put(now);
	ck_assert_int_eq(refresh(&k, false), 0);
	ck_assert_int_eq(refresh(&k, true), -EINVAL);
	/* gone altogether */
	ck_assert_int_eq(unlink(pki.server.key), 0);
	ck_assert_int_eq(refresh(&k, false), -EINVAL);
	ck_assert_ptr_nonnull(strstr(error, "No such file"));
	ck_assert_int_eq(refresh(&k, false), 0);
	/* and whole again */
	pki_make(&pki, &pki.server, "server", &wish, &pki.ca);
	ck_assert_int_eq(refresh(&k, false), KEYRING_E_CHANGED);
	rcu_barrier();
	tls_credentials_put(old);
	tls_keyring_deinit(&k);
}
END_TEST

static void set_up(void)
{
	rcu_register_thread();
	pki_init(&pki);
	settings = (struct tls_settings){
		.cert = pki.server.cert,
		.key = pki.server.key,
	};
}

static void tear_down(void)
{
	pki_deinit(&pki);
	rcu_unregister_thread();
}

int main(void)
{
	TCase *t = tcase_create("tls_credentials");

	tcase_set_timeout(t, 60);
	tcase_add_checked_fixture(t, set_up, tear_down);
	tcase_add_test(t, what_fits_together_is_loaded);
	tcase_add_test(t, what_does_not_is_refused_by_name);
	tcase_add_test(t, authorities_nobody_asks_for_are_not_read);
	tcase_add_test(t, a_keyring_follows_its_files);
	tcase_add_test(t, bad_files_leave_the_old_in_force_and_are_told_once);
	return suite_run("net/tls_credentials", t);
}
