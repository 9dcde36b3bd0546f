#include "spool/pack.h"

#include <libdeflate.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/suite.h"

static struct batch_pool pool;
static struct packer packer;
static struct batch *batch;
static uint8_t file[65536];
static size_t len;

static void setup(void)
{
	ck_assert_int_eq(batch_pool_init(&pool, 3, 4096, 64), 0);
	ck_assert_int_eq(packer_init(&packer, 1, "splunk native hec"), 0);
	batch = batch_pool_get(&pool);
	for (unsigned i = 0; i < 20; i++) {
		batch->len += (size_t)sprintf((char *)batch->data + batch->len,
			"{\"n\":%u}\n", i * i * i);
		batch->ends[batch->events++] = (uint32_t)batch->len;
	}
	batch->id = 0x1234567890abcdef;
}

static void teardown(void)
{
	batch_pool_put(&pool, &batch);
	packer_deinit(&packer);
	batch_pool_deinit(&pool);
}

static void pack(void)
{
	struct iovec parts[PACK_PARTS];

	ck_assert_int_eq(packer_pack(&packer, batch, 42, parts), 0);
	len = 0;
	for (unsigned i = 0; i < PACK_PARTS; i++) {
		memcpy(file + len, parts[i].iov_base, parts[i].iov_len);
		len += parts[i].iov_len;
	}
}

/* What there is of a file of n octets.  Return: as of its reading. */
static int unpack(size_t n, struct batch *into)
{
	uint8_t *copy = malloc(n > 0 ? n : 1); /* ends where it ends */
	struct slice in = slice_from(copy, n), identity;
	struct pack_header h;
	int r;

	memcpy(copy, file, n);
	into->events = 0;
	r = pack_read_header(in, &h, &identity);
	if (r == 0)
		r = batch_reserve(&pool, into, h.plain, h.events);
	if (r == 0)
		r = packer_unpack(&packer, &h, in, into);
	free(copy);
	return r;
}

static void expect_whole(const struct batch *b, uint32_t first)
{
	ck_assert_uint_eq(b->events, batch->events - first);
	ck_assert_uint_eq(b->id, batch->id + first);
	ck_assert_mem_eq(
		b->data, batch->data + batch_start(batch, first), b->len);
	for (uint32_t i = 0; i < b->events; i++)
		ck_assert_uint_eq(b->ends[i] + batch_start(batch, first),
			batch->ends[first + i]);
}

START_TEST(a_batch_comes_back_as_it_was)
{
	struct batch *b = batch_pool_get(&pool);
	struct slice identity;
	struct pack_header h;

	if (_i == 1) {
		packer_deinit(&packer);
		ck_assert_int_eq(
			packer_init(&packer, 0, "splunk native hec"), 0);
	}
	pack();
	ck_assert_int_eq(unpack(len, b), 0);
	expect_whole(b, 0);
	ck_assert_int_eq(
		pack_read_header(slice_from(file, len), &h, &identity), 0);
	ck_assert_uint_eq(h.created_ns, 42);
	ck_assert_uint_eq(h.gzip, _i == 0);
	ck_assert_uint_eq(pack_length(&h), len);
	ck_assert_uint_eq(identity.len, 17);
	ck_assert_mem_eq(identity.data, "splunk native hec", 17);
	batch_pool_put(&pool, &b);
}
END_TEST

START_TEST(only_unsettled_events_are_packed)
{
	struct batch *b = batch_pool_get(&pool);

	batch->first = (uint32_t)_i;
	pack();
	ck_assert_int_eq(unpack(len, b), 0);
	expect_whole(b, (uint32_t)_i);
	batch_pool_put(&pool, &b);
}
END_TEST

START_TEST(a_batch_larger_than_those_of_the_pool_finds_room)
{
	struct batch_pool small;
	struct batch *b;

	pack();
	ck_assert_int_eq(batch_pool_init(&small, 1, 16, 2), 0);
	b = batch_pool_get(&small);
	ck_assert_int_eq(
		batch_reserve(&small, b, batch->len, batch->events), 0);
	ck_assert(b->grown);
	ck_assert_int_eq(unpack(len, b), 0);
	expect_whole(b, 0);
	batch_pool_put(&small, &b);
	b = batch_pool_get(&small);
	ck_assert_msg(!b->grown, "it keeps its large buffers for ever");
	batch_pool_put(&small, &b);
	batch_pool_deinit(&small);
}
END_TEST

START_TEST(every_short_file_is_damaged)
{
	struct batch *b = batch_pool_get(&pool);

	pack();
	for (size_t n = 0; n < len; n++)
		ck_assert_int_eq(unpack(n, b), PACK_E_DAMAGED);
	len++;
	ck_assert_msg(unpack(len, b) == PACK_E_DAMAGED, "one octet too many");
	batch_pool_put(&pool, &b);
}
END_TEST

START_TEST(every_changed_octet_is_noticed)
{
	struct batch *b = batch_pool_get(&pool);

	pack();
	for (size_t i = 0; i < len; i++) {
		for (unsigned bit = 0; bit < 8; bit++) {
			file[i] ^= (uint8_t)(1 << bit);
			ck_assert_int_ne(unpack(len, b), 0);
			file[i] ^= (uint8_t)(1 << bit);
		}
	}
	ck_assert_int_eq(unpack(len, b), 0);
	batch_pool_put(&pool, &b);
}
END_TEST

static void write32(size_t at, uint32_t value)
{
	for (unsigned i = 0; i < 4; i++)
		file[at + i] = (uint8_t)(value >> 8 * i);
}

/* The checksums as somebody with a compiler would make them. */
static void seal_again(void)
{
	size_t header = PACK_HEADER + file[11];
	uint32_t crc;

	write32(40, libdeflate_crc32(0, file + header, len - header));
	crc = libdeflate_crc32(0, file, 44);
	write32(44, libdeflate_crc32(crc, file + PACK_HEADER, file[11]));
}

START_TEST(lies_with_a_right_checksum_are_damage_too)
{
	static const struct {
		size_t at;
		uint32_t value;
	} lies[] = {
		{ 12, 0 },               /* no events */
		{ 12, 19 },              /* fewer, so the rest is moved */
		{ 12, UINT32_MAX },      /* more than there can be */
		{ 32, 0 },               /* no octets */
		{ 32, 1000 },            /* not the sum of the lengths */
		{ 32, UINT32_MAX },      /* more than memory */
		{ 36, 10 },              /* another length of the file */
		{ 36, UINT32_MAX },      /* more than a file */
		{ PACK_HEADER + 17, 0 }, /* an event of nothing */
		{ PACK_HEADER + 17, UINT32_MAX }, /* one that wraps around */
	};
	struct batch *b = batch_pool_get(&pool);

	pack();
	write32(lies[_i].at, lies[_i].value);
	seal_again();
	ck_assert_int_eq(unpack(len, b), PACK_E_DAMAGED);
	batch_pool_put(&pool, &b);
}
END_TEST

START_TEST(a_later_version_is_told_from_damage)
{
	struct batch *b = batch_pool_get(&pool);

	pack();
	file[8] = 2;
	seal_again();
	ck_assert_int_eq(unpack(len, b), PACK_E_VERSION);
	file[8] = 0;
	seal_again();
	ck_assert_int_eq(unpack(len, b), PACK_E_DAMAGED);
	batch_pool_put(&pool, &b);
}
END_TEST

int main(void)
{
	TCase *t = tcase_create("pack");

	tcase_add_checked_fixture(t, setup, teardown);
	tcase_add_loop_test(t, a_batch_comes_back_as_it_was, 0, 2);
	tcase_add_loop_test(t, only_unsettled_events_are_packed, 0, 20);
	tcase_add_test(t, a_batch_larger_than_those_of_the_pool_finds_room);
	tcase_add_test(t, every_short_file_is_damaged);
	tcase_add_test(t, every_changed_octet_is_noticed);
	tcase_add_loop_test(
		t, lies_with_a_right_checksum_are_damage_too, 0, 10);
	tcase_add_test(t, a_later_version_is_told_from_damage);
	return suite_run("pack", t);
}
