/*
 * Ip_text: IP addresses as text, the same text as inet_ntop(3) gives (RFC 5952
 * for IPv6).
 *
 * Writes at p without a check (IP_TEXT_ROOM octets of room: a few more than
 * the text needs are written) and returns the octet behind the text.
 */
#ifndef TAPFERRY_EVENT_IP_TEXT_H
#define TAPFERRY_EVENT_IP_TEXT_H

#include <stdint.h>

enum { IP_TEXT_ROOM = 48 };

uint8_t *ip4_text(uint8_t *p, const uint8_t octets[4]);
uint8_t *ip6_text(uint8_t *p, const uint8_t octets[16]);

#endif
