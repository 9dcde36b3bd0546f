#include "intake/inherited.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#ifdef HAVE_SYSTEMD
#include <systemd/sd-daemon.h>
#endif

#include "base/log.h"

static void read_address(int fd, struct address *a)
{
	*a = (struct address){ .len = sizeof(a->storage) };
	if (getsockname(fd, &a->sa, &a->len) != 0)
		*a = (struct address){ 0 };
}

/* Gives it to the listener, if that has none yet. */
static bool give(struct inherited *in, size_t listener,
	const struct passed_socket *socket, const struct address *address,
	const char *name)
{
	char text[ADDRESS_TEXT_MAX];

	if (in->fds[listener] >= 0)
		return false;
	in->fds[listener] = socket->fd;
	address_format(&address->sa, address->len, text, sizeof(text));
	log_info(INTAKE_INHERITED, "listening socket passed on to us",
		"listener=%s address=%s socket_name=%s", name, text,
		socket->name);
	return true;
}

/* Return: was there a listener for it? */
static bool find_listener(struct inherited *in,
	const struct passed_socket *socket,
	const struct listener_settings *listeners, bool by_name)
{
	struct address address;

	read_address(socket->fd, &address);
	for (size_t i = 0; i < in->n; i++) {
		const struct listener_settings *l = &listeners[i];

		if (by_name ? strcmp(l->name, socket->name) == 0
			    : address_equal(&l->listen.address, &address))
			return give(in, i, socket, &address, l->name);
	}
	return false;
}

static int complain(const struct passed_socket *socket, char *error, size_t cap)
{
	char text[ADDRESS_TEXT_MAX];
	struct address address;

	read_address(socket->fd, &address);
	address_format(&address.sa, address.len, text, sizeof(text));
	snprintf(error, cap,
		"the socket \"%s\" (%s) that was passed on to us belongs to no "
		"listener, or to one that has one already: give a listener its "
		"address, or its FileDescriptorName= as name",
		socket->name, text);
	return -EINVAL;
}

int inherited_match(struct inherited *in, const struct passed_socket *passed,
	size_t n_passed, const struct listener_settings *listeners,
	size_t n_listeners, char *error, size_t cap)
{
	bool *placed = calloc(n_passed, sizeof(*placed));
	int r = 0;

	*in = INHERITED_NULL;
	in->fds = malloc(n_listeners * sizeof(*in->fds));
	if (in->fds == NULL || placed == NULL) {
		snprintf(error, cap, "start: %s", strerror(ENOMEM));
		r = -ENOMEM;
		goto out;
	}
	in->n = n_listeners;
	for (size_t i = 0; i < n_listeners; i++)
		in->fds[i] = -1;
	for (size_t i = 0; i < n_passed; i++)
		placed[i] = find_listener(in, &passed[i], listeners, false);
	for (size_t i = 0; r == 0 && i < n_passed; i++)
		if (!placed[i] &&
			!find_listener(in, &passed[i], listeners, true))
			r = complain(&passed[i], error, cap);
out:
	free(placed);
	if (r != 0) {
		free(in->fds);
		*in = INHERITED_NULL;
	}
	return r;
}

void inherited_deinit(struct inherited *in)
{
	for (size_t i = 0; i < in->n; i++)
		if (in->fds[i] >= 0)
			close(in->fds[i]);
	free(in->fds);
	*in = INHERITED_NULL;
}

#ifdef HAVE_SYSTEMD

int inherited_collect(struct inherited *in,
	const struct listener_settings *listeners, size_t n_listeners,
	char *error, size_t cap)
{
	struct passed_socket *passed = NULL;
	char **names = NULL;
	int n = sd_listen_fds_with_names(1, &names);
	int r = n;

	*in = INHERITED_NULL;
	if (n < 0)
		snprintf(error, cap,
			"LISTEN_FDS and LISTEN_FDNAMES in the environment are "
			"not what a service manager sets: %s",
			strerror(-n));
	if (n <= 0)
		return r;
	passed = calloc((size_t)n, sizeof(*passed));
	if (passed == NULL) {
		snprintf(error, cap, "start: %s", strerror(ENOMEM));
		r = -ENOMEM;
	} else {
		for (int i = 0; i < n; i++)
			passed[i] = (struct passed_socket){
				.fd = SD_LISTEN_FDS_START + i,
				.name = names[i],
			};
		r = inherited_match(in, passed, (size_t)n, listeners,
			n_listeners, error, cap);
	}
	for (int i = 0; i < n; i++)
		free(names[i]);
	free(names);
	free(passed);
	return r;
}

#else

/* Going on without them would lose what they are there for. */
int inherited_collect(struct inherited *in,
	const struct listener_settings *listeners, size_t n_listeners,
	char *error, size_t cap)
{
	const char *pid = getenv("LISTEN_PID");

	(void)listeners;
	(void)n_listeners;
	*in = INHERITED_NULL;
	if (pid == NULL || strtol(pid, NULL, 10) != (long)getpid())
		return 0;
	snprintf(error, cap,
		"sockets were passed on to us (LISTEN_FDS), but this tapferryd "
		"was built without libsystemd: build it with, or stop the "
		".socket unit");
	return -ENOSYS;
}

#endif
