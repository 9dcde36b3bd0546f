#include "control/config_lines.h"

#include <stdio.h>
#include <string.h>
#include <sys/un.h>
#include <unistd.h>

#include "deliver/local_end.h"

static void check_field(struct config_memory *m, const config_setting_t *s,
	const char *key, const char *text, size_t max)
{
	if (text != NULL && !syslog_field_is_good(text, max))
		tree_problem(&m->tree, s, key,
			"must be at most %zu visible ASCII characters without "
			"spaces (RFC 5424, 6)",
			max);
}

static void check_syslog(struct config_memory *m, const config_setting_t *s,
	const struct syslog_settings *syslog)
{
	check_field(
		m, s, "syslog.hostname", syslog->hostname, SYSLOG_HOSTNAME_MAX);
	check_field(
		m, s, "syslog.app_name", syslog->app_name, SYSLOG_APP_NAME_MAX);
	check_field(m, s, "syslog.procid", syslog->procid, SYSLOG_PROCID_MAX);
	check_field(m, s, "syslog.msgid", syslog->msgid, SYSLOG_MSGID_MAX);
}

/* Printed settings have the group always, and say nothing by it. */
static bool is_default(const struct syslog_settings *s, const char *host)
{
	return s->facility == 16 && s->severity == 6 && !s->bom &&
	       s->msgid == NULL && strcmp(s->app_name, "tapferry") == 0 &&
	       (s->hostname == NULL ||
		       (host != NULL && strcmp(s->hostname, host) == 0));
}

static void check_use(struct config_memory *m, const config_setting_t *s,
	const struct encoder_settings *encoder)
{
	const config_setting_t *group =
		s == NULL ? NULL : config_setting_get_member(s, "syslog");

	if (group != NULL && encoder->envelope != ENVELOPE_SYSLOG &&
		!is_default(&encoder->syslog, m->host))
		config_note(
			m, group, "has no effect without format = \"syslog\"");
}

static void check_local(struct config_memory *m, const config_setting_t *s,
	const struct output_settings *out)
{
	const struct local_settings *l = &out->local;
	char why[512];

	if (l->retry_max_ns < l->retry_initial_ns)
		tree_problem(
			&m->tree, s, "retry.max", "is less than retry.initial");
	if (l->datagram && l->octet_counting)
		tree_problem(&m->tree, s, "framing",
			"a datagram is an event and needs none: leave it out, "
			"or make socket_type \"stream\"");
	if (l->path == NULL || out->feed.name == NULL)
		return; /* told already */
	if (out->type == OUTPUT_TYPE_SOCKET &&
		strlen(l->path) >= sizeof(((struct sockaddr_un *)0)->sun_path))
		tree_problem(&m->tree, s, "path",
			"is longer than a socket's name may be: 107 octets");
	if (local_end_check(out, why, sizeof(why)) != 0)
		tree_problem(&m->tree, s, "path", "%s", why);
}

void config_check_lines(struct config_memory *m, size_t i)
{
	const struct output_settings *out = &m->values.outputs[i].out;
	const config_setting_t *s = values_element(&m->tree, SCOPE_OUTPUT, i);

	if (output_collector(out->type) != NULL)
		return;
	check_syslog(m, s, &out->feed.encoder.syslog);
	check_use(m, s, &out->feed.encoder);
	if (!output_is_local(out->type))
		return;
	check_local(m, s, out);
	for (size_t j = 0; out->type == OUTPUT_TYPE_PIPE && j < i; j++) {
		const struct output_settings *b = &m->values.outputs[j].out;

		if (b->type == OUTPUT_TYPE_PIPE && b->local.path != NULL &&
			out->local.path != NULL &&
			strcmp(out->local.path, b->local.path) == 0)
			tree_problem(&m->tree, s, "path",
				"an earlier output writes to that pipe");
	}
}

void config_complete_lines(struct config_memory *m, size_t i)
{
	struct output_settings *out = &m->values.outputs[i].out;
	struct syslog_settings *s = &out->feed.encoder.syslog;

	if (output_collector(out->type) != NULL)
		return;
	out->feed.pending_events = output_pending_events(out);
	if (s->hostname == NULL)
		s->hostname = m->host;
	if (m->pid[0] == '\0')
		snprintf(m->pid, sizeof(m->pid), "%ld", (long)getpid());
	if (s->procid == NULL)
		s->procid = m->pid;
}
