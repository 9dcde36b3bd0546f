/*
 * Mnemonic: the words for the numbers of DNS and dnstap.
 *
 * IANA's mnemonics, from libknot's tables and, where they lag behind IANA's,
 * from a short one here; looked up once, at the start, so that writing one is
 * a copy of fixed size.
 */
#ifndef TAPFERRY_EVENT_MNEMONIC_H
#define TAPFERRY_EVENT_MNEMONIC_H

#include <stdint.h>
#include <string.h>

enum {
	WORD_MAX = 23,
	MNEMONIC_TYPES = 272, /* types below are in the table */
	MNEMONIC_RCODES = 24,
	MNEMONIC_OPERATIONS = 15,
	MNEMONIC_FAMILIES = 3,
	MNEMONIC_PROTOCOLS = 8,
};

struct word {
	uint8_t len;
	char text[WORD_MAX];
};

struct mnemonics {
	struct word types[MNEMONIC_TYPES];
	struct word opcodes[16];
	struct word rcodes[MNEMONIC_RCODES];
	/* dnstap; an empty word: the schema has no such number */
	struct word operations[MNEMONIC_OPERATIONS];
	struct word families[MNEMONIC_FAMILIES];
	struct word protocols[MNEMONIC_PROTOCOLS];
};

void mnemonics_init(struct mnemonics *m);

/*
 * Each writes at p, without a check (WORD_MAX octets of room), and returns the
 * octet behind the word.
 */
static inline uint8_t *word_put(uint8_t *p, const struct word *w)
{
	memcpy(p, w->text, WORD_MAX);
	return p + w->len;
}

uint8_t *mnemonic_rare_type(uint8_t *p, uint16_t type);
uint8_t *mnemonic_rare_class(uint8_t *p, uint16_t class);
uint8_t *mnemonic_rare_rcode(uint8_t *p, unsigned rcode);

/* A dnstap enum: its name, or the number as text (a JSON field keeps its type)
 */
uint8_t *mnemonic_number(uint8_t *p, int32_t number);
uint8_t *mnemonic_name(uint8_t *p, const char *name, int32_t number);

static inline uint8_t *mnemonic_type(
	uint8_t *p, const struct mnemonics *m, uint16_t type)
{
	if (type < MNEMONIC_TYPES)
		return word_put(p, &m->types[type]);
	return mnemonic_rare_type(p, type);
}

static inline uint8_t *mnemonic_class(uint8_t *p, uint16_t class)
{
	if (class == 1) {
		memcpy(p, "IN", 2);
		return p + 2;
	}
	return mnemonic_rare_class(p, class);
}

static inline uint8_t *mnemonic_rcode(
	uint8_t *p, const struct mnemonics *m, unsigned rcode)
{
	if (rcode < MNEMONIC_RCODES)
		return word_put(p, &m->rcodes[rcode]);
	return mnemonic_rare_rcode(p, rcode);
}

/* Of one of the dnstap tables, `n` words long */
static inline uint8_t *mnemonic_enum(
	uint8_t *p, const struct word *words, int32_t n, int32_t number)
{
	if (number >= 0 && number < n && words[number].len > 0)
		return word_put(p, &words[number]);
	return mnemonic_number(p, number);
}

#endif
