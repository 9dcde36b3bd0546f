#include "event/compress.h"

#include <errno.h>
#include <libdeflate.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#ifdef HAVE_ZSTD
#include <zstd.h>
#endif

/* What a library does; the context is its own. */
struct codec {
	void *(*open)(int level); /* NULL: no memory */
	void (*close)(void *context);
	size_t (*bound)(void *context, size_t len);
	/* Return: octets written to `out`, which has bound(); 0: no memory. */
	size_t (*run)(void *context, struct slice in, uint8_t *out, size_t cap);
};

struct compressor {
	const struct codec *codec;
	void *context;
	uint8_t *out;
	size_t cap;
};

static void *gzip_open(int level)
{
	return libdeflate_alloc_compressor(level);
}

static void gzip_close(void *context)
{
	libdeflate_free_compressor(context);
}

static size_t gzip_bound(void *context, size_t len)
{
	return libdeflate_gzip_compress_bound(context, len);
}

static size_t gzip_run(void *context, struct slice in, uint8_t *out, size_t cap)
{
	return libdeflate_gzip_compress(context, in.data, in.len, out, cap);
}

static const struct codec gzip = {
	.open = gzip_open,
	.close = gzip_close,
	.bound = gzip_bound,
	.run = gzip_run,
};

#ifdef HAVE_ZSTD
static void *zstd_open(int level)
{
	ZSTD_CCtx *context = ZSTD_createCCtx();

	if (context != NULL)
		ZSTD_CCtx_setParameter(context, ZSTD_c_compressionLevel, level);
	return context;
}

static void zstd_close(void *context)
{
	ZSTD_freeCCtx(context);
}

static size_t zstd_bound(void *context, size_t len)
{
	(void)context;
	return ZSTD_compressBound(len);
}

/* The context grows with the bodies, and nothing else can fail. */
static size_t zstd_run(void *context, struct slice in, uint8_t *out, size_t cap)
{
	size_t n = ZSTD_compress2(context, out, cap, in.data, in.len);

	return ZSTD_isError(n) ? 0 : n;
}

static const struct codec zstd = {
	.open = zstd_open,
	.close = zstd_close,
	.bound = zstd_bound,
	.run = zstd_run,
};
#endif

static const struct {
	const char *name;
	const struct codec *codec; /* NULL: not built */
} kinds[] = {
	[COMPRESSION_GZIP] = { "gzip", &gzip },
#ifdef HAVE_ZSTD
	[COMPRESSION_ZSTD] = { "zstd", &zstd },
#else
	[COMPRESSION_ZSTD] = { "zstd", NULL },
#endif
};

const char *compression_name(enum compression kind)
{
	return kinds[kind].name;
}

enum compression compression_find(const char *name)
{
	for (size_t i = COMPRESSION_GZIP; i < sizeof(kinds) / sizeof(kinds[0]);
		i++)
		if (strcmp(kinds[i].name, name) == 0)
			return (enum compression)i;
	return COMPRESSION_NONE;
}

bool compression_built(enum compression kind)
{
	return kind == COMPRESSION_NONE || kinds[kind].codec != NULL;
}

int compressor_new(struct compressor **cp, enum compression kind, int level)
{
	struct compressor *c;

	if (level < COMPRESSION_LEVEL_MIN || level > COMPRESSION_LEVEL_MAX)
		return -EINVAL;
	if (kinds[kind].codec == NULL)
		return -ENOTSUP;
	c = calloc(1, sizeof(*c));
	if (c == NULL)
		return -ENOMEM;
	c->codec = kinds[kind].codec;
	c->context = c->codec->open(level);
	if (c->context == NULL) {
		free(c);
		return -ENOMEM;
	}
	*cp = c;
	return 0;
}

struct compressor *compressor_free(struct compressor *c)
{
	if (c == NULL)
		return NULL;
	c->codec->close(c->context);
	free(c->out);
	free(c);
	return NULL;
}

int compressor_run(struct compressor *c, struct slice in, struct slice *out)
{
	size_t need = c->codec->bound(c->context, in.len), n;

	if (need > c->cap) {
		uint8_t *grown = realloc(c->out, need);

		if (grown == NULL)
			return -ENOMEM;
		c->out = grown;
		c->cap = need;
	}
	n = c->codec->run(c->context, in, c->out, c->cap);
	if (n == 0)
		return -ENOMEM;
	*out = slice_from(c->out, n);
	return 0;
}
