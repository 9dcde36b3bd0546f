#include "load/tape.h"

#include <errno.h>
#include <stdlib.h>

#include "load/generate.h"

void tape_deinit(struct tape *t)
{
	free(t->data);
	free(t->ends);
	*t = TAPE_NULL;
}

/* Makes room for `more` elements of `size` behind `used`. */
static int grow(void **array, size_t *cap, size_t used, size_t more,
	size_t size, size_t first)
{
	size_t want = *cap == 0 ? first : *cap;
	void *p;

	if (used + more <= *cap)
		return 0;
	while (want < used + more)
		want *= 2;
	p = realloc(*array, want * size);
	if (p == NULL)
		return -ENOMEM;
	*array = p;
	*cap = want;
	return 0;
}

int tape_add(struct tape *t, struct slice payload)
{
	uint8_t *at;
	int r;

	r = grow((void **)&t->data, &t->cap, t->len,
		TAPE_PREFIX_LEN + payload.len, 1, 1 << 20);
	if (r != 0)
		return r;
	r = grow((void **)&t->ends, &t->frames_cap, t->frames, 1,
		sizeof(*t->ends), 4096);
	if (r != 0)
		return r;
	at = t->data + t->len;
	for (int i = 0; i < TAPE_PREFIX_LEN; i++)
		at[i] = (uint8_t)(payload.len >> 8 * (TAPE_PREFIX_LEN - 1 - i));
	memcpy(at + TAPE_PREFIX_LEN, payload.data, payload.len);
	t->len += TAPE_PREFIX_LEN + payload.len;
	t->ends[t->frames++] = t->len;
	return 0;
}

int tape_add_generated(struct tape *t, size_t frames, uint64_t seed,
	uint64_t start_ns, const char *identity)
{
	struct generator g;
	uint8_t payload[GENERATOR_MAX];

	generator_init(&g, seed, start_ns, identity);
	for (size_t i = 0; i < frames; i++) {
		size_t len = generator_next(&g, payload, sizeof(payload));
		int r = tape_add(t, slice_from(payload, len));

		if (r != 0)
			return r;
	}
	return 0;
}

size_t tape_find(const struct tape *t, size_t from, size_t offset)
{
	size_t low = from;
	size_t high = t->frames;

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (t->ends[middle] > offset)
			high = middle;
		else
			low = middle + 1;
	}
	return low;
}
