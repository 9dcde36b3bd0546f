#include "control/config_access.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "control/token.h"

/* An output or one of its backends. */
struct party {
	const config_setting_t *at;
	enum setting_scope scope;
	void *base; /* its struct in the values */
	struct access_settings *access;
	bool needs_token; /* unless it has a user */
};

/* Reads a secret's file into the field of that row. */
static int read_file(struct config_memory *m, const struct party *p,
	const char *key, const char *path, const config_setting_t *at)
{
	const struct setting *row = setting_find(p->scope, key, FITS_REMOTE);
	struct buf why = BUF_NULL;
	bool exposed = false;
	char **secret = &m->secrets[m->n_secrets];
	int r = token_read(secret, path, &exposed, &why);

	if (r == 0) {
		m->n_secrets++;
		if (setting_parse(row, *secret, p->base, &why) != 0)
			r = -EINVAL;
	}
	if (r == -EINVAL)
		tree_problem(&m->tree, at, NULL, "%s file %s %s", key, path,
			buf_str(&why));
	if (r == 0 && exposed) {
		buf_clear(&why);
		buf_printf(&why, "every user can read %s: chmod 0640", path);
		config_note(m, at, buf_str(&why));
	}
	buf_deinit(&why);
	return r == -EINVAL ? 0 : r;
}

static int find_secret(struct config_memory *m, const struct party *p,
	const char *key, const char *file_key, const char *given,
	const char *path)
{
	const config_setting_t *file =
		config_setting_get_member(p->at, file_key);

	if (path == NULL)
		return 0;
	if (given == NULL)
		return read_file(m, p, key, path, file);
	tree_problem(&m->tree, file, NULL,
		"there is a %s as well: keep one of the two", key);
	return 0;
}

static void check_together(struct config_memory *m, const struct party *p)
{
	const struct access_settings *a = p->access;
	bool token = a->token != NULL || a->token_file != NULL;
	bool password = a->password != NULL || a->password_file != NULL;

	if (a->user != NULL && token)
		tree_problem(&m->tree, p->at, "user",
			"there is a token as well: keep one of the two");
	else if (a->user != NULL && !password)
		tree_problem(&m->tree, p->at, "password_file",
			"is missing: name the file that has the password of "
			"user %s, or give the password itself (password)",
			a->user);
	else if (a->user == NULL && password)
		tree_problem(&m->tree, p->at, "user",
			"is missing: say whose password it is");
	if (a->user != NULL && strchr(a->user, ':') != NULL)
		tree_problem(&m->tree, p->at, "user",
			"has a colon in it, which HTTP does not allow");
	token = token || (p->needs_token && a->user == NULL);
	if ((token || a->user != NULL) &&
		header_list_has(&a->headers, "Authorization"))
		tree_problem(&m->tree, p->at, "headers",
			"has Authorization, and there is a %s: keep one of "
			"the two",
			token ? "token" : "user");
	if ((a->tls_cert != NULL) != (a->tls_key != NULL))
		tree_problem(&m->tree, p->at,
			a->tls_cert == NULL ? "tls.cert" : "tls.key",
			"is missing: a certificate and its key go together");
}

static void check_readable(struct config_memory *m, const struct party *p,
	const char *key, const char *path, const char *cure)
{
	if (path != NULL && access(path, R_OK) != 0)
		tree_problem(&m->tree, p->at, key, "%s cannot be read: %s%s",
			path, strerror(errno), cure);
}

static int check_party(struct config_memory *m, const struct party *p)
{
	const struct access_settings *a = p->access;
	int r;

	if (!config_setting_is_group(p->at))
		return 0;
	check_together(m, p);
	check_readable(m, p, "tls.ca", a->tls_ca,
		": name a PEM file, or leave this out to trust the system's");
	check_readable(m, p, "tls.cert", a->tls_cert, ": name a PEM file");
	check_readable(m, p, "tls.key", a->tls_key, ": name a PEM file");
	r = find_secret(m, p, "token", "token_file", a->token, a->token_file);
	if (r == 0)
		r = find_secret(m, p, "password", "password_file", a->password,
			a->password_file);
	return r;
}

static int read_credential(struct config_memory *m, const struct party *p)
{
	const char *dir = getenv("CREDENTIALS_DIRECTORY");
	struct buf path = BUF_NULL;
	int r = 0;

	if (dir != NULL)
		buf_printf(&path, "%s/hec.token", dir);
	if (path.len != 0 && access(buf_str(&path), F_OK) == 0)
		r = read_file(m, p, "token", buf_str(&path), p->at);
	else
		tree_problem(&m->tree, p->at, "token_file",
			"there is no HEC token: name the file that has it "
			"(token_file), or give the token itself (token), the "
			"environment variable DNSTAP_HEC_TOKEN, or the systemd "
			"credential hec.token");
	buf_deinit(&path);
	return r;
}

/* Do requests prove who they are, whatever backend they go to? */
static bool proves(const struct output_values *o, const config_setting_t *at)
{
	const struct access_settings *a = &o->out.remote.access;
	const config_setting_t *token = config_setting_get_member(at, "token");
	size_t n = o->out.remote.n_backends, own = 0;
	const char *text;

	for (size_t i = 0; i < n; i++)
		own += access_proves(&o->backends[i].access) ||
		       o->backends[i].access.token_file != NULL;
	if (access_proves(a) || a->token_file != NULL || (n > 0 && own == n))
		return true;
	/* one that is wrong has been told of */
	text = token != NULL ? config_setting_get_string(token) : NULL;
	return token != NULL && (text == NULL || *text != '\0');
}

static bool goes_abroad(const char *url)
{
	return url != NULL && strncmp(url, "http://", 7) == 0 &&
	       strncmp(url, "http://127.", 11) != 0 &&
	       strncmp(url, "http://localhost", 16) != 0 &&
	       strncmp(url, "http://[::1]", 12) != 0;
}

static const config_setting_t *backend_at(
	const config_setting_t *output, size_t i)
{
	return config_setting_get_elem(
		config_setting_get_member(output, scopes[SCOPE_BACKEND].key),
		(unsigned)i);
}

static void note_risks(struct config_memory *m, const struct output_values *o,
	const config_setting_t *at)
{
	static const char insecure[] =
		"tls.insecure: certificates are not checked, anybody on the "
		"way can read the token";
	size_t n = o->out.remote.n_backends;
	bool abroad = false;

	if (o->out.remote.access.tls_insecure != 0)
		config_note(m, at, insecure);
	for (size_t i = 0; i < n; i++) {
		if (o->backends[i].access.tls_insecure == ACCESS_YES)
			config_note(m, backend_at(at, i), insecure);
		abroad = abroad || goes_abroad(o->backends[i].url);
	}
	if (abroad)
		config_note(m, at,
			"http:// sends the token and the events unencrypted, "
			"better use https://");
}

static int check_output(struct config_memory *m, size_t i)
{
	struct output_values *o = &m->values.outputs[i];
	const config_setting_t *at = values_element(&m->tree, SCOPE_OUTPUT, i);
	const struct party whole = { at, SCOPE_OUTPUT, o, &o->out.remote.access,
		output_collector(o->out.type) != NULL &&
			output_collector(o->out.type)->token_needed };
	int r;

	if (!config_setting_is_group(at) ||
		tree_fits(at, SCOPE_OUTPUT) == FITS_ALL ||
		output_collector(o->out.type) == NULL)
		return 0;
	r = check_party(m, &whole);
	for (size_t b = 0; r == 0 && b < o->out.remote.n_backends; b++) {
		const struct party one = { backend_at(at, b), SCOPE_BACKEND,
			&o->backends[b], &o->backends[b].access, false };

		r = check_party(m, &one);
	}
	if (r == 0 && output_collector(o->out.type)->token_needed &&
		!proves(o, at))
		r = read_credential(m, &whole);
	note_risks(m, o, at);
	return r;
}

int config_check_access(struct config_memory *m)
{
	size_t parties = m->values.n_outputs;
	int r = 0;

	for (size_t i = 0; i < m->values.n_outputs; i++)
		parties += m->values.outputs[i].out.remote.n_backends;
	m->secrets = calloc(2 * parties + 1, sizeof(*m->secrets));
	if (m->secrets == NULL)
		return -ENOMEM;
	for (size_t i = 0; r == 0 && i < m->values.n_outputs; i++)
		r = check_output(m, i);
	return r;
}

void config_drop_access(struct config_memory *m)
{
	for (size_t i = 0; i < m->n_secrets; i++) {
		explicit_bzero(m->secrets[i], strlen(m->secrets[i]));
		free(m->secrets[i]);
	}
	free(m->secrets);
}
