#include "deliver/local_end.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/account.h"
#include "deliver/local_socket.h"
#include "deliver/named_pipe.h"

static bool is_pipe(const struct local_end *e)
{
	return e->settings->type == OUTPUT_TYPE_PIPE;
}

int local_end_check(const struct output_settings *s, char *error, size_t cap)
{
	bool pipe = s->type == OUTPUT_TYPE_PIPE;
	struct stat st;

	/* what cannot be looked at is told when it is opened */
	if (stat(s->local.path, &st) != 0 ||
		(pipe ? S_ISFIFO(st.st_mode) : S_ISSOCK(st.st_mode)))
		return 0;
	snprintf(error, cap,
		"output %s: %s is no %s: remove it, or choose another path",
		s->feed.name, s->local.path, pipe ? "named pipe" : "socket");
	return -EEXIST;
}

int local_end_init(struct local_end *e, const struct output_settings *s,
	char *error, size_t cap)
{
	const struct local_settings *l = &s->local;
	char why[256];
	int r = local_end_check(s, error, cap);

	*e = (struct local_end){ .settings = s, .gid = (gid_t)-1, .fd = -1 };
	if (r != 0 || !is_pipe(e))
		return r;
	if (l->group != NULL && account_group(l->group, &e->gid) != 0) {
		snprintf(error, cap,
			"output %s: there is no group \"%s\": create it, or "
			"correct group",
			s->feed.name, l->group);
		return -EINVAL;
	}
	r = named_pipe_make(l, e->gid, why, sizeof(why));
	if (r != 0)
		snprintf(error, cap, "output %s: %s %s", s->feed.name, l->path,
			why);
	return r;
}

int local_end_open(struct local_end *e)
{
	int r = is_pipe(e)
			? named_pipe_open(&e->settings->local, e->gid, &e->fd)
			: local_socket_open(&e->settings->local, &e->fd);

	if (r != 0)
		e->fd = -1;
	return r;
}

static void forget_frame(struct local_frame *f)
{
	buf_clear(&f->text);
	f->n = f->done = 0;
	f->sent = 0;
}

void local_end_close(struct local_end *e)
{
	if (e->fd >= 0)
		close(e->fd);
	e->fd = -1;
	forget_frame(&e->frame);
}

void local_end_deinit(struct local_end *e)
{
	local_end_close(e);
	buf_deinit(&e->frame.text);
}

int local_end_write(struct local_end *e, const struct batch *b, size_t from,
	size_t *n, size_t *sent)
{
	struct slice rest = slice_from(b->data + from, b->len - from);
	int r;

	if (is_pipe(e))
		r = named_pipe_write(e->fd, rest, n);
	else if (e->settings->local.datagram)
		return local_socket_send_each(e->fd, b, n, sent);
	else if (e->settings->local.octet_counting)
		return local_socket_write_counted(e->fd, &e->frame, b, n, sent);
	else
		r = local_socket_write(e->fd, rest, n);
	*sent = *n;
	return r;
}

bool local_end_is_read(struct local_end *e)
{
	return is_pipe(e) ? named_pipe_is_read(e->fd)
			  : local_socket_is_read(&e->settings->local, e->fd);
}

size_t local_end_unread(const struct local_end *e)
{
	return is_pipe(e) && e->fd >= 0 ? named_pipe_unread(e->fd) : 0;
}
