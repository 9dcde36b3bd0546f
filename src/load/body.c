#include "load/body.h"

#include <errno.h>
#include <libdeflate.h>
#include <stdlib.h>
#ifdef HAVE_ZSTD
#include <zstd.h>
#include <zstd_errors.h>
#endif

enum {
	FIRST_SIZE = 64 * 1024,
	ZSTD_WINDOW_LOG = 23, /* the largest for HTTP: RFC 9659 */
};

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

/* JSON becomes ten times smaller, more or less. */
static size_t first_room(size_t len)
{
	return len < BODY_MAX / 16 ? len * 16 : BODY_MAX;
}

/* One member; *in moves behind it. */
static int gunzip_member(
	struct libdeflate_decompressor *d, struct slice *in, struct body *out)
{
	size_t room = first_room(in->len);

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
			return BODY_E_CODING;
		out->len += given;
		in->data += taken;
		in->len -= taken;
		return 0;
	}
}

static int gunzip(struct slice in, struct body *out)
{
	struct libdeflate_decompressor *d = libdeflate_alloc_decompressor();
	int r = d == NULL ? -ENOMEM : 0;

	while (r == 0 && in.len > 0)
		r = gunzip_member(d, &in, out);
	if (d != NULL)
		libdeflate_free_decompressor(d);
	return r;
}

#ifdef HAVE_ZSTD
/* What there is room for.  Return: what is left of the frame, as libzstd says
 * it, in *left; 0: it has ended. */
static int unzstd_some(
	ZSTD_DCtx *d, ZSTD_inBuffer *in, struct body *out, size_t *left)
{
	int r = out->len < out->cap ? 0 : reserve(out, 1); /* the double */
	ZSTD_outBuffer o = { out->data, out->cap, out->len };

	if (r != 0)
		return r;
	*left = ZSTD_decompressStream(d, &o, in);
	out->len = o.pos;
	if (!ZSTD_isError(*left))
		return 0;
	return ZSTD_getErrorCode(*left) == ZSTD_error_memory_allocation
		       ? -ENOMEM
		       : BODY_E_CODING;
}

static int unzstd(struct slice body, struct body *out)
{
	ZSTD_DCtx *d = ZSTD_createDCtx();
	ZSTD_inBuffer in = { body.data, body.len, 0 };
	int r = d == NULL ? -ENOMEM : reserve(out, first_room(body.len));
	size_t left = 0;

	if (r == 0)
		ZSTD_DCtx_setParameter(d, ZSTD_d_windowLogMax, ZSTD_WINDOW_LOG);
	/* all may be read and some not be written yet */
	while (r == 0 &&
		(in.pos < in.size || (left != 0 && out->len == out->cap)))
		r = unzstd_some(d, &in, out, &left);
	ZSTD_freeDCtx(d);
	return r == 0 && left != 0 ? BODY_E_CODING : r;
}
#else
static int unzstd(struct slice body, struct body *out)
{
	(void)body;
	(void)out;
	return BODY_E_CODING;
}
#endif

int body_decode(struct body *b, enum compression coding)
{
	struct slice in = slice_from(b->data, b->len);
	struct body out = BODY_NULL;
	int r;

	if (coding == COMPRESSION_NONE)
		return 0;
	r = coding == COMPRESSION_ZSTD ? unzstd(in, &out) : gunzip(in, &out);
	if (r != 0) {
		body_deinit(&out);
		return r;
	}
	body_deinit(b);
	*b = out;
	return 0;
}
