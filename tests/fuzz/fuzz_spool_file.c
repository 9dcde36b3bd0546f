/*
 * A spool file, as it may be found on a disk: no octet of it is believed.
 *
 * What is taken for whole must pack again to the same events.
 */
#include "fuzz.h"

#include "spool/pack.h"

static void check_again(struct packer *p, struct batch_pool *pool,
	const struct batch *b, uint64_t created_ns)
{
	struct iovec parts[PACK_PARTS];
	struct batch *again = batch_pool_get(pool);
	struct pack_header h;
	struct slice identity;
	uint8_t *file, *at;
	size_t len = 0;

	FUZZ_CHECK(packer_pack(p, b, created_ns, parts) == 0);
	for (int i = 0; i < PACK_PARTS; i++)
		len += parts[i].iov_len;
	at = file = malloc(len);
	for (int i = 0; i < PACK_PARTS; i++) {
		memcpy(at, parts[i].iov_base, parts[i].iov_len);
		at += parts[i].iov_len;
	}
	FUZZ_CHECK(pack_read_header(slice_from(file, len), &h, &identity) == 0);
	FUZZ_CHECK(pack_length(&h) == len && h.created_ns == created_ns);
	FUZZ_CHECK(batch_reserve(pool, again, h.plain, h.events) == 0);
	FUZZ_CHECK(packer_unpack(p, &h, slice_from(file, len), again) == 0);
	FUZZ_CHECK(again->events == b->events && again->len == b->len);
	FUZZ_CHECK(memcmp(again->data, b->data, b->len) == 0);
	FUZZ_CHECK(memcmp(again->ends, b->ends, b->events * sizeof(*b->ends)) ==
		   0);
	batch_pool_put(pool, &again);
	free(file);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	uint8_t *copy = fuzz_copy(data, size);
	struct slice in = slice_from(copy, size), identity;
	struct batch_pool pool;
	struct packer p;
	struct pack_header h;
	struct batch *b;

	FUZZ_CHECK(batch_pool_init(&pool, 2, 1024, 8) == 0);
	FUZZ_CHECK(packer_init(&p, 1, "fuzz native hec") == 0);
	b = batch_pool_get(&pool);
	if (pack_read_header(in, &h, &identity) == 0 &&
		h.plain <= 1024 * 1024 &&
		batch_reserve(&pool, b, h.plain, h.events) == 0 &&
		packer_unpack(&p, &h, in, b) == 0) {
		FUZZ_CHECK(b->ends[b->events - 1] == b->len);
		check_again(&p, &pool, b, h.created_ns);
	}
	batch_pool_put(&pool, &b);
	packer_deinit(&p);
	batch_pool_deinit(&pool);
	free(copy);
	return 0;
}
