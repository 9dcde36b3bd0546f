/*
 * Token: a secret in a file, alone on its line.
 */
#ifndef TAPFERRY_CONTROL_TOKEN_H
#define TAPFERRY_CONTROL_TOKEN_H

#include <stdbool.h>

#include "base/buf.h"

/*
 * token_read() - the only line of a file, without its end
 * @token:    the caller frees it
 * @exposed:  users besides owner and group may read the file
 * @why:      on -EINVAL: what is wrong with the file, and how to mend it
 *
 * Return: 0, -EINVAL or -ENOMEM.
 */
int token_read(char **token, const char *path, bool *exposed, struct buf *why);

#endif
