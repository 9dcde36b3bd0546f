#include "event/compress.h"

#include <errno.h>
#include <libdeflate.h>
#include <stdlib.h>

struct compressor {
	struct libdeflate_compressor *deflate;
	uint8_t *out;
	size_t cap;
};

int compressor_new(struct compressor **cp, int level)
{
	struct compressor *c = calloc(1, sizeof(*c));

	if (c == NULL)
		return -ENOMEM;
	c->deflate = libdeflate_alloc_compressor(level);
	if (c->deflate == NULL) {
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
	libdeflate_free_compressor(c->deflate);
	free(c->out);
	free(c);
	return NULL;
}

int compressor_gzip(struct compressor *c, struct slice in, struct slice *out)
{
	size_t need = libdeflate_gzip_compress_bound(c->deflate, in.len);

	if (need > c->cap) {
		uint8_t *grown = realloc(c->out, need);

		if (grown == NULL)
			return -ENOMEM;
		c->out = grown;
		c->cap = need;
	}
	*out = slice_from(c->out, libdeflate_gzip_compress(c->deflate, in.data,
					  in.len, c->out, c->cap));
	return 0;
}
