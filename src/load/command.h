/*
 * Command: the two halves of tapferry-load, from their command lines.
 *
 * argv[0] is the command's name.  Return: the exit status: 0, 1 when something
 * could not be done, EXIT_USAGE for a command line that cannot be.
 */
#ifndef TAPFERRY_LOAD_COMMAND_H
#define TAPFERRY_LOAD_COMMAND_H

int command_send(int argc, char **argv);
int command_collect(int argc, char **argv);
int command_ids(int argc, char **argv);

/* SIGINT and SIGTERM wait to be fetched from here on. */
void command_block_signals(void);

#endif
