/*
 * Remote target: an HTTP target as an output's settings want it.
 */
#ifndef TAPFERRY_DELIVER_REMOTE_TARGET_H
#define TAPFERRY_DELIVER_REMOTE_TARGET_H

#include "deliver/http_target.h"
#include "deliver/output.h"

/*
 * remote_target_new() - a target for one of an output's backends
 * @b:    what it says of itself wins over what the output says
 * @url:  to post to, see struct collector
 *
 * Return: 0 or as http_target_new().
 */
int remote_target_new(struct http_target **tp, const struct output_settings *o,
	const struct backend_settings *b, const char *url);

#endif
