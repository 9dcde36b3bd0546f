#include "control/config_listeners.h"

#include <errno.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/un.h>

#include "base/account.h"
#include "base/log.h"

/* Two of a kind: said of the later one. */
static void check_pairs(struct config_memory *m)
{
	const struct values *v = &m->values;

	for (size_t i = 0; i < v->n_listeners; i++) {
		const struct listener_values *a = &v->listeners[i];
		const config_setting_t *s =
			values_element(&m->tree, SCOPE_LISTENER, i);

		for (size_t j = 0; j < i; j++) {
			const struct listener_values *b = &v->listeners[j];

			if (a->name != NULL && b->name != NULL &&
				strcmp(a->name, b->name) == 0)
				tree_problem(&m->tree, s, "name",
					"an earlier listener has that name");
			if (a->listen.address.len != 0 &&
				a->listen.address.len ==
					b->listen.address.len &&
				memcmp(&a->listen.address.storage,
					&b->listen.address.storage,
					a->listen.address.len) == 0)
				tree_problem(&m->tree, s, "address",
					"an earlier listener has that address");
		}
	}
}

/* As the start will load them. */
static int check_tls_files(struct config_memory *m, size_t i)
{
	const struct tls_settings *tls = &m->values.listeners[i].tls;
	const config_setting_t *s = values_element(&m->tree, SCOPE_LISTENER, i);
	struct tls_credentials *credentials;
	struct stat st;
	char why[384];
	int r = tls_credentials_load(&credentials, tls, why, sizeof(why));

	if (r == -EINVAL)
		tree_problem(&m->tree, s, NULL, "%s", why);
	if (r != 0)
		return r == -EINVAL ? 0 : r;
	tls_credentials_put(credentials);
	if (stat(tls->key, &st) == 0 && st.st_mode & S_IROTH)
		config_note(m, s, "every user can read tls.key: chmod 0640");
	return 0;
}

static int check_tls(struct config_memory *m, size_t i)
{
	const struct listener_values *l = &m->values.listeners[i];
	const struct tls_settings *tls = &l->tls;
	const config_setting_t *s = values_element(&m->tree, SCOPE_LISTENER, i);
	bool checks = tls->client_auth == TLS_CLIENT_OPTIONAL ||
		      tls->client_auth == TLS_CLIENT_REQUIRED;

	if (!l->listen.address.tls)
		return 0;
	if (tls->cert == NULL || tls->key == NULL)
		tree_problem(&m->tree, s,
			tls->cert == NULL ? "tls.cert" : "tls.key",
			"is missing: a tls:// address needs certificate and "
			"key");
	else if (checks && tls->client_ca == NULL)
		tree_problem(&m->tree, s, "tls.client_ca",
			"is missing: clients' certificates are to be checked, "
			"name the authorities that vouch for them");
	else if (tls->names != NULL && tls->client_ca == NULL)
		tree_problem(&m->tree, s, "tls.client_ca",
			"is missing: names are those of clients' certificates, "
			"name the authorities that vouch for them");
	else
		return check_tls_files(m, i);
	return 0;
}

void config_check_owner(struct config_memory *m, const config_setting_t *at,
	const struct listen_settings *l)
{
	uid_t uid;
	gid_t gid;

	if (l->owner != NULL && account_user(l->owner, &uid) != 0)
		tree_problem(&m->tree, config_setting_get_member(at, "owner"),
			NULL,
			"there is no user \"%s\": create it, or correct the "
			"setting",
			l->owner);
	if (l->group != NULL && account_group(l->group, &gid) != 0)
		tree_problem(&m->tree, config_setting_get_member(at, "group"),
			NULL,
			"there is no group \"%s\": create it, or correct the "
			"setting",
			l->group);
}

int config_check_listeners(struct config_memory *m)
{
	int r = 0;

	check_pairs(m);
	for (size_t i = 0; i < m->values.n_listeners; i++)
		if (address_is_unix(&m->values.listeners[i].listen.address))
			config_check_owner(m,
				values_element(&m->tree, SCOPE_LISTENER, i),
				&m->values.listeners[i].listen);
	for (size_t i = 0; r == 0 && i < m->values.n_listeners; i++)
		r = check_tls(m, i);
	return r;
}

/* Does the file have another owner, group or mode than what is given? */
static bool differs(const config_setting_t *given,
	const struct listen_settings *l, const struct stat *file)
{
	uid_t uid;
	gid_t gid;

	return (l->owner != NULL && (account_user(l->owner, &uid) != 0 ||
					    uid != file->st_uid)) ||
	       (l->group != NULL && (account_group(l->group, &gid) != 0 ||
					    gid != file->st_gid)) ||
	       (config_setting_get_member(given, "mode") != NULL &&
		       l->mode != (file->st_mode & 07777));
}

void config_note_inherited(const struct config *c, const int *fds)
{
	for (size_t i = 0; fds != NULL && i < c->intake.n_listeners; i++) {
		const struct listener_settings *l = &c->intake.listeners[i];
		union {
			struct sockaddr sa;
			struct sockaddr_un un;
		} a = { 0 };
		socklen_t len = sizeof(a) - 1; /* the path ends in a NUL */
		struct stat file;

		if (fds[i] >= 0 && getsockname(fds[i], &a.sa, &len) == 0 &&
			a.sa.sa_family == AF_UNIX &&
			stat(a.un.sun_path, &file) == 0 &&
			differs(values_element(
					&c->memory->tree, SCOPE_LISTENER, i),
				&l->listen, &file))
			log_warn(CONFIG_NOTE, "configuration",
				"note=\"listeners.%s: owner, group and mode "
				"are those of the socket that was passed on; "
				"the ones given are not used\"",
				l->name);
	}
}
