#include "deliver/reply_body.h"

#include <assert.h>
#include <string.h>

enum { REPLY_BODY_MAGIC = 0x626f6479 };

void reply_body_init(struct reply_body *b, void *data, size_t max)
{
	*b = (struct reply_body){
		.magic = REPLY_BODY_MAGIC, .data = data, .max = max
	};
}

size_t reply_body_write(char *data, size_t size, size_t n, void *arg)
{
	struct reply_body *b = arg;
	size_t room, take;

	assert(b->magic == REPLY_BODY_MAGIC);
	room = b->max - b->len;
	take = size * n < room ? size * n : room;
	memcpy(b->data + b->len, data, take);
	b->len += take;
	b->came += size * n;
	return reply_body_is_endless(b) ? 0 : size * n;
}
