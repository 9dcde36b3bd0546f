/*
 * Header list: request headers of the operator's own.
 *
 * Their values may be keys, so they are treated as secrets: blotted out when
 * they are printed, cleared when they are freed.
 */
#ifndef TAPFERRY_DELIVER_HEADER_LIST_H
#define TAPFERRY_DELIVER_HEADER_LIST_H

#include <stdbool.h>
#include <stddef.h>

#include "base/buf.h"

struct header_list {
	char **lines; /* owned: n of "Name: value" */
	size_t n;
};

#define HEADER_LIST_NULL ((struct header_list){ 0 })

/*
 * header_list_parse() - a line for each header; "": none
 * @why:  written on failure: what is wrong, and how it should read
 *
 * Headers that requests have anyway, or that HTTP itself lives on, are wrong.
 * Return: 0, -EINVAL or -ENOMEM; *l is set on 0 only.
 */
int header_list_parse(struct header_list *l, const char *text, struct buf *why);

/* As a configuration has them, each value as `mask`; "" for none. */
void header_list_format(
	const struct header_list *l, const char *mask, struct buf *out);

/* Is there one of this name? */
bool header_list_has(const struct header_list *l, const char *name);

void header_list_deinit(struct header_list *l);

#endif
