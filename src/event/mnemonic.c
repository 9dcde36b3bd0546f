#include <libknot/libknot.h>
#include <stdio.h>

#include "event/digits.h"
#include "event/mnemonic.h"
#include "wire/dnstap.h"

struct number_name {
	uint16_t number;
	const char *name;
};

/* IANA's "Resource Record (RR) TYPEs" that libknot 3.2 has no name for */
static const struct number_name more_types[] = {
	{ 3, "MD" },
	{ 4, "MF" },
	{ 7, "MB" },
	{ 8, "MG" },
	{ 9, "MR" },
	{ 11, "WKS" },
	{ 19, "X25" },
	{ 20, "ISDN" },
	{ 22, "NSAP" },
	{ 23, "NSAP-PTR" },
	{ 26, "PX" },
	{ 27, "GPOS" },
	{ 30, "NXT" },
	{ 31, "EID" },
	{ 32, "NIMLOC" },
	{ 34, "ATMA" },
	{ 38, "A6" },
	{ 40, "SINK" },
	{ 55, "HIP" },
	{ 56, "NINFO" },
	{ 57, "RKEY" },
	{ 58, "TALINK" },
	{ 66, "DSYNC" },
	{ 67, "HHIT" },
	{ 68, "BRID" },
	{ 100, "UINFO" },
	{ 101, "UID" },
	{ 102, "GID" },
	{ 103, "UNSPEC" },
	{ 128, "NXNAME" },
	{ 253, "MAILB" },
	{ 254, "MAILA" },
	{ 258, "AVC" },
	{ 259, "DOA" },
	{ 260, "AMTRELAY" },
	{ 261, "RESINFO" },
	{ 262, "WALLET" },
	{ 263, "CLA" },
	{ 264, "IPN" },
};

/* Where libknot has none, or (NOTIMPL) another one than IANA */
static const struct number_name more_opcodes[] = { { 6, "DSO" } };
static const struct number_name more_rcodes[] = {
	{ 4, "NOTIMP" },
	{ 11, "DSOTYPENI" },
};

static void word_set(struct word *w, const char *text)
{
	w->len = (uint8_t)strnlen(text, WORD_MAX);
	memcpy(w->text, text, w->len);
}

static void word_set_number(struct word *w, const char *prefix, unsigned n)
{
	w->len = (uint8_t)snprintf(w->text, WORD_MAX, "%s%u", prefix, n);
}

static void set_from_lookup(struct word *words, unsigned n, const char *prefix,
	const knot_lookup_t *table)
{
	for (unsigned i = 0; i < n; i++) {
		const knot_lookup_t *l = knot_lookup_by_id(table, (int)i);

		if (l != NULL)
			word_set(&words[i], l->name);
		else
			word_set_number(&words[i], prefix, i);
	}
}

static void set_more(
	struct word *words, const struct number_name *more, size_t n)
{
	for (size_t i = 0; i < n; i++)
		word_set(&words[more[i].number], more[i].name);
}

#define COUNT(table) (sizeof(table) / sizeof((table)[0]))

static void set_names(
	struct word *words, int32_t n, const char *(*name)(int32_t))
{
	for (int32_t i = 0; i < n; i++) {
		const char *text = name(i);

		if (text != NULL)
			word_set(&words[i], text);
	}
}

void mnemonics_init(struct mnemonics *m)
{
	memset(m, 0, sizeof(*m));
	for (unsigned i = 0; i < MNEMONIC_TYPES; i++) {
		char text[WORD_MAX + 1];

		if (knot_rrtype_to_string((uint16_t)i, text, sizeof(text)) < 0)
			word_set_number(&m->types[i], "TYPE", i);
		else
			word_set(&m->types[i], text);
	}
	set_more(m->types, more_types, COUNT(more_types));
	set_from_lookup(
		m->opcodes, COUNT(m->opcodes), "OPCODE", knot_opcode_names);
	set_more(m->opcodes, more_opcodes, COUNT(more_opcodes));
	set_from_lookup(m->rcodes, COUNT(m->rcodes), "RCODE", knot_rcode_names);
	set_more(m->rcodes, more_rcodes, COUNT(more_rcodes));
	set_names(m->operations, MNEMONIC_OPERATIONS, dnstap_operation_name);
	set_names(m->families, MNEMONIC_FAMILIES, dnstap_family_name);
	set_names(m->protocols, MNEMONIC_PROTOCOLS, dnstap_protocol_name);
}

static uint8_t *put_str(uint8_t *p, const char *s)
{
	size_t n = strnlen(s, WORD_MAX);

	memcpy(p, s, n);
	return p + n;
}

uint8_t *mnemonic_rare_type(uint8_t *p, uint16_t type)
{
	if (type == 32768)
		return put_str(p, "TA");
	if (type == 32769)
		return put_str(p, "DLV");
	return digits_u32(put_str(p, "TYPE"), type);
}

uint8_t *mnemonic_rare_class(uint8_t *p, uint16_t class)
{
	switch (class) {
	case KNOT_CLASS_CH:
		return put_str(p, "CH");
	case 4:
		return put_str(p, "HS");
	case KNOT_CLASS_NONE:
		return put_str(p, "NONE");
	case KNOT_CLASS_ANY:
		return put_str(p, "ANY");
	default:
		return digits_u32(put_str(p, "CLASS"), class);
	}
}

uint8_t *mnemonic_rare_rcode(uint8_t *p, unsigned rcode)
{
	return digits_u32(put_str(p, "RCODE"), rcode);
}

uint8_t *mnemonic_number(uint8_t *p, int32_t number)
{
	if (number < 0) {
		*p++ = '-';
		return digits_u64(p, (uint64_t)(-(int64_t)number));
	}
	return digits_u32(p, (uint32_t)number);
}

uint8_t *mnemonic_name(uint8_t *p, const char *name, int32_t number)
{
	return name != NULL ? put_str(p, name) : mnemonic_number(p, number);
}
