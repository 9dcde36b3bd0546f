#include "load/collect_faults.h"

#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

enum { SPEC_MAX = 4096 };

void collect_faults_init(struct collect_faults *f, const struct faults *rules)
{
	*f = (struct collect_faults){ .rules = *rules };
	pthread_mutex_init(&f->lock, NULL);
}

void collect_faults_deinit(struct collect_faults *f)
{
	pthread_mutex_destroy(&f->lock);
}

struct fault collect_faults_pick(struct collect_faults *f,
	struct MHD_Connection *connection, enum compression coding)
{
	const char *length = MHD_lookup_connection_value(
		connection, MHD_HEADER_KIND, MHD_HTTP_HEADER_CONTENT_LENGTH);
	struct fault_request rq = {
		.len = length != NULL ? strtoull(length, NULL, 10) : 0,
		.coding = coding,
	};
	struct fault fault;

	pthread_mutex_lock(&f->lock);
	rq.n = ++f->number;
	fault = faults_pick(&f->rules, &rq);
	pthread_mutex_unlock(&f->lock);
	return fault;
}

int collect_faults_set(struct collect_faults *f, struct slice spec)
{
	struct faults rules;
	char text[SPEC_MAX];
	int r;

	while (spec.len > 0 && strchr("\r\n", spec.data[spec.len - 1]) != NULL)
		spec.len--;
	if (spec.len >= sizeof(text))
		return FAULTS_E_WHAT;
	if (spec.len > 0)
		memcpy(text, spec.data, spec.len);
	text[spec.len] = '\0';
	r = faults_parse(&rules, text, 0);
	if (r != 0)
		return r;
	pthread_mutex_lock(&f->lock);
	rules.seed = f->rules.seed; /* stays */
	f->rules = rules;
	f->number = 0;
	pthread_mutex_unlock(&f->lock);
	return 0;
}

bool collect_faults_any(struct collect_faults *f)
{
	bool any;

	pthread_mutex_lock(&f->lock);
	any = f->rules.n_rules > 0;
	pthread_mutex_unlock(&f->lock);
	return any;
}

static int socket_of(struct MHD_Connection *connection)
{
	const union MHD_ConnectionInfo *info = MHD_get_connection_info(
		connection, MHD_CONNECTION_INFO_CONNECTION_FD);

	return info != NULL ? info->connect_fd : -1;
}

void connection_reset(struct MHD_Connection *connection)
{
	struct linger now = { .l_onoff = 1 };

	setsockopt(socket_of(connection), SOL_SOCKET, SO_LINGER, &now,
		sizeof(now));
}

void connection_half_close(struct MHD_Connection *connection)
{
	shutdown(socket_of(connection), SHUT_WR);
}
