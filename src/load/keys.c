#include "load/keys.h"

#include <errno.h>
#include <stdlib.h>

enum { PLACES = 1 << 18 };

int keys_init(struct keys *k)
{
	k->taken = calloc(PLACES, sizeof(*k->taken));
	if (k->taken == NULL)
		return -ENOMEM;
	pthread_mutex_init(&k->lock, NULL);
	return 0;
}

void keys_deinit(struct keys *k)
{
	if (k->taken == NULL)
		return;
	pthread_mutex_destroy(&k->lock);
	free(k->taken);
	k->taken = NULL;
}

/* FNV-1a, 64 bits; never 0. */
static uint64_t hash(const char *key)
{
	uint64_t h = UINT64_C(14695981039346656037);

	for (; *key != '\0'; key++)
		h = (h ^ (uint8_t)*key) * UINT64_C(1099511628211);
	return h | 1;
}

bool keys_add(struct keys *k, const char *key)
{
	uint64_t h = hash(key);
	uint64_t *place = &k->taken[(h >> 1) % PLACES];
	bool is_new;

	pthread_mutex_lock(&k->lock);
	is_new = *place != h;
	*place = h;
	pthread_mutex_unlock(&k->lock);
	return is_new;
}
