/*
 * Edition: a configuration that is in use, and by how many.
 *
 * A reload brings another edition; the former one lives as long as something
 * that was made of it.  Thread: main, all of it.
 */
#ifndef TAPFERRY_CONTROL_EDITION_H
#define TAPFERRY_CONTROL_EDITION_H

#include "control/config.h"

struct edition {
	struct config config; /* owned */
	unsigned uses;
};

/*
 * edition_new() - with one use: the caller's
 * @config:  taken, by its contents
 * Return: 0 or -ENOMEM.
 */
int edition_new(struct edition **ep, struct config *config);
struct edition *edition_get(struct edition *e); /* e */
struct edition *edition_put(struct edition *e); /* NULL */

#endif
