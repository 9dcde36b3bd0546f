#include "wire/dns.h"

#include "wire/octets.h"

enum {
	LABEL_MAX = 63,
	POINTER = 0xc0,     /* the two high bits of a pointer's first octet */
	POINTERS_MAX = 256, /* more than a name of 127 labels has use for */
};

/*
 * Walks a name from pos.  Every pointer must go to before the run of labels
 * it ends, so a walk cannot come round to where it was; the limits on octets
 * and on pointers keep a made-up message from costing more than it weighs.
 *
 * @end:   the octet behind the name, where the walk began
 * @name:  NULL, or DNS_NAME_MAX octets for the name without pointers
 * Return: its length in octets with the root, or 0 for a broken name.
 */
static inline __attribute__((always_inline)) size_t name_walk(
	struct slice msg, uint32_t pos, uint32_t *end, uint8_t *name)
{
	size_t total = 0; /* octets of the runs before this one */
	size_t run = pos; /* where this run of labels began */
	size_t at = pos;

	for (unsigned pointers = 0; pointers <= POINTERS_MAX; pointers++) {
		uint8_t octet;
		size_t target;

		for (;;) {
			if (at >= msg.len)
				return 0;
			octet = msg.data[at];
			if (octet == 0 || octet > LABEL_MAX)
				break;
			at += 1u + octet;
			/* the root is still to come */
			if (total + (at - run) >= DNS_NAME_MAX)
				return 0;
		}
		if (octet != 0 && (octet < POINTER || msg.len - at < 2))
			return 0;
		if (pointers == 0)
			*end = (uint32_t)at + (octet == 0 ? 1 : 2);
		if (octet == 0)
			at++;
		if (name != NULL)
			memcpy(name + total, msg.data + run, at - run);
		total += at - run;
		if (octet == 0)
			return total;
		target = octets_get_u16(msg.data + at) & 0x3fff;
		if (target < DNS_HEADER_LEN || target >= run)
			return 0;
		run = at = target;
	}
	return 0;
}

bool dns_name_skip(struct slice msg, uint32_t *pos)
{
	uint32_t end;

	if (name_walk(msg, *pos, &end, NULL) == 0)
		return false;
	*pos = end;
	return true;
}

size_t dns_name_expand(struct slice msg, uint32_t *pos, uint8_t *name)
{
	uint32_t end;
	size_t len = name_walk(msg, *pos, &end, name);

	if (len > 0)
		*pos = end;
	return len;
}
