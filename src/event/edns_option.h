/*
 * Edns_option: one EDNS option as a JSON object.
 */
#ifndef TAPFERRY_EVENT_EDNS_OPTION_H
#define TAPFERRY_EVENT_EDNS_OPTION_H

#include <stdbool.h>

#include "event/json.h"
#include "wire/dns.h"

/* Does the data have the format of its code?  (Any data has, of a code that
 * is not known.) */
bool edns_option_is_valid(const struct dns_option *option);

/* {"code":8,"name":"CSUBNET",...} */
void edns_option_write(struct json *j, const struct dns_option *option);

#endif
