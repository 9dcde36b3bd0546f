/*
 * Pack: a sealed batch as the octets of a spool file, and back.
 *
 * A file is written and read on the same kind of machine, but its numbers are
 * little-endian everywhere:
 *
 *	 0   8  "TAPSPOOL"
 *	 8   2  version, 1
 *	10   1  compression of the events: 0 none, 1 gzip
 *	11   1  i, octets of the identity
 *	12   4  n, number of events
 *	16   8  when its first event came in, ns since 1970
 *	24   8  number of the first event, so that collectors know it again
 *	32   4  octets of the events, plain
 *	36   4  s, octets of the events as they are here
 *	40   4  CRC-32 of the lengths and the events as they are here
 *	44   4  CRC-32 of octets 0 to 43 and the identity
 *	48   i  identity: "OUTPUT DIALECT ENVELOPE", for people and for the
 *		check that the envelope is the one the output sends
 *	   4*n  length of each event
 *	     s  the events
 *
 * and then it ends.  The events are octets as the output had them: neither
 * another index nor another dialect in the configuration changes them.
 *
 * Pure: no I/O, no threads.
 */
#ifndef TAPFERRY_SPOOL_PACK_H
#define TAPFERRY_SPOOL_PACK_H

#include <sys/uio.h>

#include "base/slice.h"
#include "event/batch.h"
#include "event/compress.h"

enum {
	PACK_HEADER = 48, /* octets before the identity */
	PACK_IDENTITY_MAX = 255,
	PACK_PARTS = 3, /* header with identity, lengths, events */
	/* what the settings allow for a batch at most */
	PACK_EVENTS_MAX = 100000,
	PACK_BYTES_MAX = 64 * 1024 * 1024,
	PACK_STORED_MAX = PACK_BYTES_MAX + PACK_BYTES_MAX / 64,
	PACK_LENGTH_MAX = PACK_HEADER + PACK_IDENTITY_MAX +
			  4 * PACK_EVENTS_MAX + PACK_STORED_MAX,
};

enum {
	PACK_E_DAMAGED = 1, /* not what was written */
	PACK_E_VERSION,     /* of a later version */
};

/* The header as numbers. */
struct pack_header {
	uint64_t created_ns; /* since 1970 */
	uint64_t id;
	uint32_t events;
	uint32_t plain;  /* octets */
	uint32_t stored; /* octets */
	uint32_t crc;    /* of what follows the header */
	bool gzip;
	uint8_t identity_len;
};

/* What a keeper packs with; its buffers are reused. */
struct packer {
	struct compressor *compressor; /* NULL: plain */
	struct libdeflate_decompressor *inflate;
	uint8_t header[PACK_HEADER + PACK_IDENTITY_MAX];
	uint8_t *lengths;
	uint32_t lengths_cap; /* events */
	uint8_t identity_len;
};

#define PACKER_NULL ((struct packer){ 0 })

/*
 * packer_init() - @level of gzip, 0: events stay plain
 * @identity:  cut at PACK_IDENTITY_MAX; its last word is the envelope
 *
 * Return: 0 or -ENOMEM.
 */
int packer_init(struct packer *p, int level, const char *identity);
void packer_deinit(struct packer *p);

/*
 * packer_pack() - the unsettled events of a batch as the parts of a file
 * @parts:  lent until the next call; those of the events may be the batch's
 *
 * Return: 0, or -ENOMEM.
 */
int packer_pack(struct packer *p, const struct batch *b, uint64_t created_ns,
	struct iovec parts[PACK_PARTS]);

/* How long the file of that header is. */
size_t pack_length(const struct pack_header *h);

/*
 * pack_read_header() - check and read the header and the identity
 * @in:        the file, or at least its first octets
 * @identity:  lent: of in
 *
 * Return: 0 or PACK_E_*.
 */
int pack_read_header(
	struct slice in, struct pack_header *h, struct slice *identity);

/*
 * packer_unpack() - the events of a whole file into an empty batch
 * @b:  has room for h->events and h->plain octets (batch_reserve())
 *
 * Return: 0, or PACK_E_DAMAGED and the batch is empty.
 */
int packer_unpack(struct packer *p, const struct pack_header *h,
	struct slice in, struct batch *b);

#endif
