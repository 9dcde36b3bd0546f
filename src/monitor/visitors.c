#include "monitor/visitors.h"

#include <stdbool.h>
#include <stdlib.h>
#include <sys/socket.h>

struct visitor {
	struct cds_list_head link;
	int fd;           /* the library's */
	uint64_t asks_ns; /* since when it is to ask, monotonic */
	bool is_answered; /* there is an answer, on its way */
};

static struct visitor *visitor_of(struct MHD_Connection *c)
{
	const union MHD_ConnectionInfo *info =
		MHD_get_connection_info(c, MHD_CONNECTION_INFO_SOCKET_CONTEXT);

	return info != NULL ? info->socket_context : NULL;
}

void visitors_init(
	struct visitors *v, const struct clock *clock, uint64_t timeout_ns)
{
	*v = (struct visitors){ .clock = clock, .timeout_ns = timeout_ns };
	CDS_INIT_LIST_HEAD(&v->all);
}

static struct visitor *come(struct visitors *v, struct MHD_Connection *c)
{
	const union MHD_ConnectionInfo *info =
		MHD_get_connection_info(c, MHD_CONNECTION_INFO_CONNECTION_FD);
	struct visitor *new;

	if (info == NULL)
		return NULL;
	new = malloc(sizeof(*new));
	if (new == NULL) {
		shutdown(info->connect_fd, SHUT_RDWR);
		return NULL;
	}
	*new = (struct visitor){
		.fd = info->connect_fd,
		.asks_ns = clock_mono_ns(v->clock),
	};
	cds_list_add_tail(&new->link, &v->all);
	return new;
}

void visitors_notify(void *cls, struct MHD_Connection *c, void **visitor,
	enum MHD_ConnectionNotificationCode what)
{
	struct visitor *gone = *visitor;

	if (what == MHD_CONNECTION_NOTIFY_STARTED) {
		*visitor = come(cls, c);
		return;
	}
	if (gone != NULL)
		cds_list_del(&gone->link);
	free(gone);
	*visitor = NULL;
}

void visitors_answered(void *cls, struct MHD_Connection *c, void **request,
	enum MHD_RequestTerminationCode how)
{
	const struct visitors *v = cls;
	struct visitor *next = visitor_of(c);

	(void)request;
	(void)how;
	if (next == NULL)
		return;
	next->is_answered = false;
	next->asks_ns = clock_mono_ns(v->clock);
}

void visitors_answer(struct MHD_Connection *c)
{
	struct visitor *it = visitor_of(c);

	if (it != NULL)
		it->is_answered = true;
}

void visitors_cut_late(struct visitors *v)
{
	uint64_t now = clock_mono_ns(v->clock);
	struct visitor *it;

	cds_list_for_each_entry (it, &v->all, link)
		if (!it->is_answered && now - it->asks_ns >= v->timeout_ns)
			shutdown(it->fd, SHUT_RDWR);
}
