/*
 * Daemon: the composition root.
 *
 * Makes the feeds, starts the outputs, then the intake; waits for signals;
 * ends the flow in order and prints the ledger.
 */
#ifndef TAPFERRY_CONTROL_DAEMON_H
#define TAPFERRY_CONTROL_DAEMON_H

#include "control/config.h"

/*
 * daemon_run() - the whole life of tapferryd
 *
 * Signals: TERM and INT end it in order (a second one at once), USR1 rotates
 * output files, HUP reads the configuration again.  Thread: main.
 * @config:  taken, by its contents
 * @source:  what it was made of, for reloads; lent
 * Return: the exit status: 0 after an orderly end, 1 when the system refused
 * something or the end was cut short.
 */
int daemon_run(struct config *config, const struct config_source *source);

#endif
