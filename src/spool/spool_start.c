/* What an earlier run left in the spool. */
#include "spool/spool_own.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"

struct scan {
	uint64_t *numbers;
	size_t n, cap;
};

static int note_number(void *arg, uint64_t number)
{
	struct scan *scan = arg;

	if (scan->n == scan->cap) {
		size_t cap = scan->cap != 0 ? 2 * scan->cap : 64;
		uint64_t *grown =
			realloc(scan->numbers, cap * sizeof(*scan->numbers));

		if (grown == NULL)
			return -ENOMEM;
		scan->numbers = grown;
		scan->cap = cap;
	}
	scan->numbers[scan->n++] = number;
	return 0;
}

static int by_number(const void *a, const void *b)
{
	uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;

	return x < y ? -1 : x > y;
}

/* A file that was there at the start. */
static int adopt(struct spool *s, uint64_t number, struct spool_found *found)
{
	uint8_t head[PACK_HEADER + PACK_IDENTITY_MAX];
	struct pack_header h;
	struct slice identity;
	struct spool_file *f;
	uint64_t size;
	size_t len;
	int r = directory_read(
		&s->directory, number, head, sizeof(head), &len, &size);

	if (r != 0) {
		log_warn_limited(SPOOL_UNREADABLE,
			"a file of the spool cannot be read; it is left alone",
			"path=%s/%016llx.batch error=\"%s\"", s->settings->path,
			(unsigned long long)number, strerror(-r));
		return 0;
	}
	r = pack_read_header(slice_from(head, len), &h, &identity);
	if (r == PACK_E_VERSION) {
		log_warn_limited(SPOOL_VERSION,
			"a file of the spool is of a later version; it is left "
			"alone",
			"path=%s/%016llx.batch", s->settings->path,
			(unsigned long long)number);
		return 0;
	}
	if (r != 0) {
		spool_set_aside(s, number, "its header is damaged");
		found->damaged++;
		return 0;
	}
	f = calloc(1, sizeof(*f));
	if (f == NULL)
		return -ENOMEM;
	f->number = number;
	f->created_ns = h.created_ns;
	f->bytes = size;
	spool_list(s, f);
	spool_wait(s, f, h.events);
	found->files++;
	found->events += h.events;
	return 0;
}

int spool_adopt_all(struct spool *s, struct spool_found *found)
{
	struct scan scan = { 0 };
	int r = directory_scan(&s->directory, note_number, &scan);

	if (scan.n > 0)
		qsort(scan.numbers, scan.n, sizeof(*scan.numbers), by_number);
	for (size_t i = 0; r == 0 && i < scan.n; i++)
		r = adopt(s, scan.numbers[i], found);
	if (scan.n > 0)
		s->next = scan.numbers[scan.n - 1] + 1;
	free(scan.numbers);
	return r;
}
