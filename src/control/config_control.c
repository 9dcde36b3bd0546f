#include "control/config_control.h"

#include <sys/stat.h>

#include "control/config_listeners.h"
#include "control/config_monitor.h"

void config_check_control(struct config_memory *m)
{
	const config_setting_t *group = config_lookup(&m->tree.t, "control");
	const struct values *v = &m->values;
	struct address a;

	if (v->main.control.path == NULL)
		return;
	if (address_parse(&a, v->main.control.path) != 0 ||
		!address_is_unix(&a)) {
		tree_problem(&m->tree, group, "socket",
			"%s: a socket's path is absolute and has 107 octets at "
			"most",
			v->main.control.path);
		return;
	}
	for (size_t i = 0; i < v->n_listeners; i++)
		if (v->listeners[i].listen.address.len != 0 &&
			address_equal(&a, &v->listeners[i].listen.address))
			tree_problem(&m->tree, group, "socket",
				"a listener has that address");
	config_check_owner(m, group,
		&(struct listen_settings){ .group = v->main.control.group });
	/* connecting takes permission to write: unix(7) */
	if (v->main.control.mode & S_IWOTH)
		config_note(m, group,
			"every user of this machine can control the daemon");
}
