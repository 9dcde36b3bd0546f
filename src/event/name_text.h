/*
 * Name_text: a DNS name of a message as the inside of a JSON string.
 *
 * Two forms:
 * plain         as events show names: lower case, no dot at the end (the root
 *               is "."), \DDD for what is no printable ASCII (a space counts
 *               as none), \. and \\ inside a label
 * presentation  as libknot writes names in record data: case kept, dot at the
 *               end, and all punctuation but '-' '_' '*' '/' escaped
 */
#ifndef TAPFERRY_EVENT_NAME_TEXT_H
#define TAPFERRY_EVENT_NAME_TEXT_H

#include <stdint.h>

#include "base/slice.h"

/*
 * The longest text: 250 data octets in labels of 63 and less, each as \\DDD in
 * JSON (5 octets), and the dots; a few octets more are written over.
 */
enum { NAME_TEXT_ROOM = 1296 };

/*
 * name_text_plain(), name_text_presentation()
 * @p:    NAME_TEXT_ROOM octets of room
 * @pos:  in: offset of the name in msg; out: of the octet behind it (behind
 *        the pointer, for a compressed one)
 *
 * Return: the octet behind the text, or NULL for a broken name (then *pos is
 * unchanged).
 */
uint8_t *name_text_plain(uint8_t *p, struct slice msg, uint32_t *pos);
uint8_t *name_text_presentation(uint8_t *p, struct slice msg, uint32_t *pos);

#endif
