/*
 * Config, listeners: the checks of listeners, each for itself and each beside
 * the others.
 */
#ifndef TAPFERRY_CONTROL_CONFIG_LISTENERS_H
#define TAPFERRY_CONTROL_CONFIG_LISTENERS_H

#include "control/config.h"
#include "control/memory.h"

/*
 * config_check_listeners() - problems are told, risks are noted
 *
 * Reads the files of TLS, as the start will.
 * Return: 0 or -ENOMEM.
 */
int config_check_listeners(struct config_memory *m);

/* A unix socket's owner and group must be there.  @at: the group of settings
 * that names them.  Thread: main (it asks the user database). */
void config_check_owner(struct config_memory *m, const config_setting_t *at,
	const struct listen_settings *l);

/*
 * config_note_inherited() - says of unix sockets that were passed on to us that
 * owner, group or mode are not those the configuration gives
 * @fds:  one a listener, or -1
 *
 * Thread: main, at the start (it asks the user database).
 */
void config_note_inherited(const struct config *c, const int *fds);

#endif
