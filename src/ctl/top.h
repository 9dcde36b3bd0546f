/*
 * Top: the daemon live on a terminal.
 */
#ifndef TAPFERRY_CTL_TOP_H
#define TAPFERRY_CTL_TOP_H

#include "ctl/client.h"
#include "ctl/verb.h"

/* Return: CTL_*. */
int top_run(struct client_link *link, const struct verb_line *l);

#endif
