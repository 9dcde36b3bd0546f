#include "spool/pack.h"

#include <assert.h>
#include <errno.h>
#include <libdeflate.h>
#include <stdlib.h>
#include <string.h>

static const char magic[8] = { 'T', 'A', 'P', 'S', 'P', 'O', 'O', 'L' };

enum {
	PACK_VERSION = 1,
	AT_VERSION = 8,
	AT_GZIP = 10,
	AT_IDENTITY_LEN = 11,
	AT_EVENTS = 12,
	AT_CREATED = 16,
	AT_ID = 24,
	AT_PLAIN = 32,
	AT_STORED = 36,
	AT_CRC = 40,
	AT_HEADER_CRC = 44,
	LENGTH_SIZE = 4,
};

static void put(uint8_t *at, uint64_t value, unsigned octets)
{
	for (unsigned i = 0; i < octets; i++)
		at[i] = (uint8_t)(value >> 8 * i);
}

static uint64_t get(const uint8_t *at, unsigned octets)
{
	uint64_t value = 0;

	for (unsigned i = 0; i < octets; i++)
		value |= (uint64_t)at[i] << 8 * i;
	return value;
}

static uint32_t get32(const uint8_t *at)
{
	return (uint32_t)get(at, 4);
}

static uint32_t header_crc(const uint8_t *header)
{
	uint32_t crc = libdeflate_crc32(0, header, AT_HEADER_CRC);

	return libdeflate_crc32(
		crc, header + PACK_HEADER, header[AT_IDENTITY_LEN]);
}

int packer_init(struct packer *p, int level, const char *identity)
{
	size_t len = strlen(identity);
	int r = 0;

	if (len > PACK_IDENTITY_MAX)
		len = PACK_IDENTITY_MAX;
	*p = (struct packer){ .identity_len = (uint8_t)len };
	memcpy(p->header + PACK_HEADER, identity, len);
	p->inflate = libdeflate_alloc_decompressor();
	if (p->inflate == NULL)
		r = -ENOMEM;
	if (r == 0 && level > 0)
		r = compressor_new(&p->compressor, COMPRESSION_GZIP, level);
	if (r != 0)
		packer_deinit(p);
	return r;
}

void packer_deinit(struct packer *p)
{
	libdeflate_free_decompressor(p->inflate);
	compressor_free(p->compressor);
	free(p->lengths);
	*p = PACKER_NULL;
}

static int write_lengths(struct packer *p, const struct batch *b)
{
	uint32_t n = batch_left(b);

	if (n > p->lengths_cap) {
		uint8_t *grown = realloc(p->lengths, (size_t)n * LENGTH_SIZE);

		if (grown == NULL)
			return -ENOMEM;
		p->lengths = grown;
		p->lengths_cap = n;
	}
	for (uint32_t i = 0; i < n; i++)
		put(p->lengths + (size_t)i * LENGTH_SIZE,
			b->ends[b->first + i] - batch_start(b, b->first + i),
			LENGTH_SIZE);
	return 0;
}

static struct iovec part(const void *data, size_t len)
{
	return (struct iovec){ .iov_base = (void *)(uintptr_t)data,
		.iov_len = len };
}

int packer_pack(struct packer *p, const struct batch *b, uint64_t created_ns,
	struct iovec parts[PACK_PARTS])
{
	size_t start = batch_start(b, b->first);
	struct slice plain =
		slice_from(b->data + start, batch_start(b, b->events) - start);
	struct slice stored = plain;
	uint32_t n = batch_left(b), crc;
	int r = write_lengths(p, b);

	if (r == 0 && p->compressor != NULL)
		r = compressor_run(p->compressor, plain, &stored);
	if (r != 0)
		return r;
	crc = libdeflate_crc32(0, p->lengths, (size_t)n * LENGTH_SIZE);
	crc = libdeflate_crc32(crc, stored.data, stored.len);
	memcpy(p->header, magic, sizeof(magic));
	put(p->header + AT_VERSION, PACK_VERSION, 2);
	put(p->header + AT_GZIP, p->compressor != NULL, 1);
	put(p->header + AT_IDENTITY_LEN, p->identity_len, 1);
	put(p->header + AT_EVENTS, n, 4);
	put(p->header + AT_CREATED, created_ns, 8);
	put(p->header + AT_ID, b->id + b->first, 8);
	put(p->header + AT_PLAIN, plain.len, 4);
	put(p->header + AT_STORED, stored.len, 4);
	put(p->header + AT_CRC, crc, 4);
	put(p->header + AT_HEADER_CRC, header_crc(p->header), 4);
	parts[0] = part(p->header, PACK_HEADER + (size_t)p->identity_len);
	parts[1] = part(p->lengths, (size_t)n * LENGTH_SIZE);
	parts[2] = part(stored.data, stored.len);
	return 0;
}

size_t pack_length(const struct pack_header *h)
{
	return PACK_HEADER + (size_t)h->identity_len +
	       (size_t)h->events * LENGTH_SIZE + h->stored;
}

int pack_read_header(
	struct slice in, struct pack_header *h, struct slice *identity)
{
	const uint8_t *d = in.data;

	if (in.len < PACK_HEADER || memcmp(d, magic, sizeof(magic)) != 0)
		return PACK_E_DAMAGED;
	if (get(d + AT_VERSION, 2) > PACK_VERSION)
		return PACK_E_VERSION;
	*h = (struct pack_header){
		.created_ns = get(d + AT_CREATED, 8),
		.id = get(d + AT_ID, 8),
		.events = get32(d + AT_EVENTS),
		.plain = get32(d + AT_PLAIN),
		.stored = get32(d + AT_STORED),
		.crc = get32(d + AT_CRC),
		.gzip = d[AT_GZIP] == 1,
		.identity_len = d[AT_IDENTITY_LEN],
	};
	if (in.len < PACK_HEADER + (size_t)h->identity_len ||
		get32(d + AT_HEADER_CRC) != header_crc(d))
		return PACK_E_DAMAGED;
	/* nothing of ours says otherwise, whatever the checksum says */
	if (get(d + AT_VERSION, 2) != PACK_VERSION || d[AT_GZIP] > 1 ||
		h->events == 0 || h->events > PACK_EVENTS_MAX ||
		h->plain < h->events || h->plain > PACK_BYTES_MAX ||
		h->stored > PACK_STORED_MAX ||
		(!h->gzip && h->stored != h->plain))
		return PACK_E_DAMAGED;
	*identity = slice_from(d + PACK_HEADER, h->identity_len);
	return 0;
}

/* Return: false: they are not those of the events. */
static bool read_lengths(
	const struct pack_header *h, const uint8_t *lengths, struct batch *b)
{
	uint64_t end = 0;

	for (uint32_t i = 0; i < h->events; i++) {
		uint32_t len = get32(lengths + (size_t)i * LENGTH_SIZE);

		end += len;
		if (len == 0 || end > h->plain)
			return false;
		b->ends[i] = (uint32_t)end;
	}
	return end == h->plain;
}

int packer_unpack(struct packer *p, const struct pack_header *h,
	struct slice in, struct batch *b)
{
	const uint8_t *lengths = in.data + PACK_HEADER + h->identity_len;
	const uint8_t *stored = lengths + (size_t)h->events * LENGTH_SIZE;
	size_t plain = h->plain;

	assert(b->events == 0);
	if (in.len != pack_length(h) ||
		libdeflate_crc32(0, lengths,
			in.len - (size_t)(lengths - in.data)) != h->crc ||
		!read_lengths(h, lengths, b))
		return PACK_E_DAMAGED;
	if (!h->gzip)
		memcpy(b->data, stored, plain);
	else if (libdeflate_gzip_decompress(p->inflate, stored, h->stored,
			 b->data, h->plain, &plain) != LIBDEFLATE_SUCCESS)
		return PACK_E_DAMAGED;
	if (plain != h->plain)
		return PACK_E_DAMAGED;
	b->len = plain;
	b->first = 0;
	b->id = h->id;
	b->events = h->events;
	return 0;
}
