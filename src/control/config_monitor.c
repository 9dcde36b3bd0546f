#include "control/config_monitor.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "control/setting_text.h"
#include "control/token.h"
#include "monitor/guard.h"

void config_note(
	struct config_memory *m, const config_setting_t *s, const char *text)
{
	tree_origin(&m->tree, s, &m->notes);
	buf_add_str(&m->notes, ": ");
	tree_path(s, &m->notes);
	buf_printf(&m->notes, ": %s\n", text);
}

/* The only line of a file; NULL path: nothing to do. */
static int read_secret(struct config_memory *m, const config_setting_t *group,
	const char *key, enum setting_type type, const char *path,
	char **secret)
{
	const char *problem = NULL;
	struct buf why = BUF_NULL;
	bool exposed = false;
	int r = path == NULL ? 0 : token_read(secret, path, &exposed, &why);

	if (r == 0 && path != NULL)
		problem = setting_text_problem(type, *secret);
	if (r == -EINVAL || problem != NULL)
		tree_problem(&m->tree, group, key, "file %s %s", path,
			problem != NULL ? problem : buf_str(&why));
	if (r == 0 && exposed) {
		buf_clear(&why);
		buf_printf(&why, "every user can read %s: chmod 0640", path);
		config_note(m, config_setting_get_member(group, key),
			buf_str(&why));
	}
	buf_deinit(&why);
	return r == -EINVAL ? 0 : r;
}

static int check_credentials(
	struct config_memory *m, const config_setting_t *group)
{
	struct monitor_values *v = &m->values.main.monitor;
	struct guard *guard = &v->endpoint.guard;
	int r;

	if (guard->user != NULL && v->password_file == NULL)
		tree_problem(&m->tree, group, "password_file",
			"is missing: name the file that has the password of "
			"user %s",
			guard->user);
	if (guard->user == NULL && v->password_file != NULL)
		tree_problem(&m->tree, group, "user",
			"is missing: say whose password is in password_file");
	if (guard->user != NULL && strchr(guard->user, ':') != NULL)
		tree_problem(&m->tree, group, "user",
			"has a colon in it, which HTTP does not allow");
	r = read_secret(m, group, "password_file", SETTING_PASSWORD,
		v->password_file, &m->monitor_password);
	if (r == 0)
		r = read_secret(m, group, "token_file", SETTING_SECRET,
			v->token_file, &m->monitor_token);
	guard->password = m->monitor_password;
	guard->token = m->monitor_token;
	return r;
}

static int check_certificate(
	struct config_memory *m, const config_setting_t *group)
{
	const struct monitor_settings *e = &m->values.main.monitor.endpoint;
	const struct tls_settings tls = {
		.cert = e->tls_cert,
		.key = e->tls_key,
		.priority = "NORMAL",
	};
	struct tls_credentials *credentials;
	struct stat st;
	char why[384];
	int r;

	if (e->tls_cert == NULL && e->tls_key == NULL)
		return 0;
	if (e->tls_cert == NULL || e->tls_key == NULL) {
		tree_problem(&m->tree, group,
			e->tls_cert == NULL ? "tls.cert" : "tls.key",
			"is missing: HTTPS takes certificate and key");
		return 0;
	}
	r = tls_credentials_load(&credentials, &tls, why, sizeof(why));
	if (r == -EINVAL)
		tree_problem(&m->tree, group, NULL, "%s", why);
	if (r != 0)
		return r == -EINVAL ? 0 : r;
	tls_credentials_put(credentials);
	if (stat(e->tls_key, &st) == 0 && st.st_mode & S_IROTH)
		config_note(
			m, group, "every user can read tls.key: chmod 0640");
	return 0;
}

int config_check_monitor(struct config_memory *m)
{
	const config_setting_t *group = config_lookup(&m->tree.t, "monitor");
	const struct monitor_values *v = &m->values.main.monitor;
	const struct monitor_settings *e = &v->endpoint;
	bool open, local;
	int r;

	if (group == NULL)
		return 0;
	r = check_credentials(m, group);
	if (r == 0)
		r = check_certificate(m, group);
	if (e->listen.address.len == 0)
		return r;
	/* as it was written: a file that cannot be read is told of above */
	open = e->guard.user == NULL && v->token_file == NULL;
	local = guard_is_loopback(&e->listen.address);
	if (!local && open && !v->allow_anonymous)
		tree_problem(&m->tree, group, "address",
			"can be reached from other machines, and anybody there "
			"could read who asks what: give user and "
			"password_file, or token_file, or set allow_anonymous "
			"= true, or listen on 127.0.0.1");
	if (!local && !open && e->tls_cert == NULL)
		config_note(m, group,
			"password and token cross the network unencrypted: "
			"give tls.cert and tls.key");
	return r;
}

static char *drop(char *secret)
{
	if (secret != NULL)
		explicit_bzero(secret, strlen(secret));
	free(secret);
	return NULL;
}

void config_drop_monitor(struct config_memory *m)
{
	m->monitor_password = drop(m->monitor_password);
	m->monitor_token = drop(m->monitor_token);
}
