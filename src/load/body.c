#include "load/body.h"

#include <errno.h>
#include <libdeflate.h>
#include <stdlib.h>

enum { FIRST_SIZE = 64 * 1024 };

void body_deinit(struct body *b)
{
	free(b->data);
	*b = BODY_NULL;
}

static int reserve(struct body *b, size_t more)
{
	size_t cap = b->cap == 0 ? FIRST_SIZE : b->cap;
	uint8_t *p;

	if (more > BODY_MAX - b->len)
		return BODY_E_SIZE;
	if (b->len + more <= b->cap)
		return 0;
	while (cap < b->len + more)
		cap *= 2;
	p = realloc(b->data, cap);
	if (p == NULL)
		return -ENOMEM;
	b->data = p;
	b->cap = cap;
	return 0;
}

int body_add(struct body *b, struct slice piece)
{
	int r = reserve(b, piece.len);

	if (r != 0)
		return r;
	memcpy(b->data + b->len, piece.data, piece.len);
	b->len += piece.len;
	return 0;
}

/* One member; *in moves behind it. */
static int gunzip_member(
	struct libdeflate_decompressor *d, struct slice *in, struct body *out)
{
	/* JSON becomes ten times smaller, more or less */
	size_t room = in->len < BODY_MAX / 16 ? in->len * 16 : BODY_MAX;

	for (;;) {
		size_t most = BODY_MAX - out->len;
		size_t taken;
		size_t given;
		enum libdeflate_result result;
		int r = reserve(out, room < most ? room : most);

		if (r != 0)
			return r;
		result = libdeflate_gzip_decompress_ex(d, in->data, in->len,
			out->data + out->len, out->cap - out->len, &taken,
			&given);
		if (result == LIBDEFLATE_INSUFFICIENT_SPACE && room < most) {
			room *= 2;
			continue;
		}
		if (result == LIBDEFLATE_INSUFFICIENT_SPACE)
			return BODY_E_SIZE;
		if (result != LIBDEFLATE_SUCCESS)
			return BODY_E_GZIP;
		out->len += given;
		in->data += taken;
		in->len -= taken;
		return 0;
	}
}

int body_gunzip(struct body *b)
{
	struct libdeflate_decompressor *d = libdeflate_alloc_decompressor();
	struct slice in = slice_from(b->data, b->len);
	struct body out = BODY_NULL;
	int r = d == NULL ? -ENOMEM : 0;

	while (r == 0 && in.len > 0)
		r = gunzip_member(d, &in, &out);
	if (d != NULL)
		libdeflate_free_decompressor(d);
	if (r != 0) {
		body_deinit(&out);
		return r;
	}
	body_deinit(b);
	*b = out;
	return 0;
}
