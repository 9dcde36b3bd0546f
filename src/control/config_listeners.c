#include "control/config_listeners.h"

#include <errno.h>
#include <string.h>
#include <sys/stat.h>

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

int config_check_listeners(struct config_memory *m)
{
	int r = 0;

	check_pairs(m);
	for (size_t i = 0; r == 0 && i < m->values.n_listeners; i++)
		r = check_tls(m, i);
	return r;
}
