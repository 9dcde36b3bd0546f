#include "wire/dns.h"

#include "wire/octets.h"

enum { OPTION_HEADER_LEN = 4 }; /* code, length */

bool dns_option_next(
	struct slice *rest, struct dns_option *option, bool *malformed)
{
	uint16_t len;

	*malformed = false;
	if (rest->len == 0)
		return false;
	*malformed = true;
	if (rest->len < OPTION_HEADER_LEN)
		return false;
	len = octets_get_u16(rest->data + 2);
	if (rest->len - OPTION_HEADER_LEN < len)
		return false;
	*malformed = false;
	option->code = octets_get_u16(rest->data);
	option->data = slice_from(rest->data + OPTION_HEADER_LEN, len);
	rest->data += OPTION_HEADER_LEN + len;
	rest->len -= (size_t)OPTION_HEADER_LEN + len;
	return true;
}
