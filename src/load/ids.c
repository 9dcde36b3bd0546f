#include "load/ids.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

static const char magic[8] = "tapids1";

/* "run=0123abcd n=00000042 of=00001000" */
enum { TEXT_LEN = 35, DNSTAP_EXTRA = 3, WIRE_BYTES = 2 };
static const char text_format[] = "run=%08" PRIx32 " n=%08u of=%08u";
static const char before[] = "\"extra\":\"run=";

int ids_open(struct ids *ids, const char *path)
{
	int fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0644);
	void *map = MAP_FAILED;
	struct stat st;
	int r = 0;

	if (fd < 0)
		return -errno;
	if (fstat(fd, &st) != 0)
		r = -errno;
	else if (st.st_size != 0 && st.st_size != sizeof(struct ids_file))
		r = -EINVAL;
	else if (ftruncate(fd, sizeof(struct ids_file)) != 0)
		r = -errno;
	if (r == 0) {
		map = mmap(NULL, sizeof(struct ids_file),
			PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
		if (map == MAP_FAILED)
			r = -errno;
	}
	if (r == 0 && st.st_size == 0)
		memcpy(map, magic, sizeof(magic));
	if (r == 0 && memcmp(map, magic, sizeof(magic)) != 0)
		r = -EINVAL;
	if (r != 0) {
		if (map != MAP_FAILED)
			munmap(map, sizeof(struct ids_file));
		close(fd);
		return r;
	}
	*ids = (struct ids){ .fd = fd, .file = map };
	return 0;
}

void ids_close(struct ids *ids)
{
	if (ids->file != NULL)
		munmap(ids->file, sizeof(struct ids_file));
	if (ids->fd >= 0)
		close(ids->fd);
	*ids = IDS_NULL;
}

/* The run's place, taken if it is new.  Return: IDS_RUNS: there is none. */
static unsigned place_of(struct ids_file *f, uint64_t key)
{
	for (unsigned i = 0; i < IDS_RUNS; i++) {
		uint64_t there = atomic_load(&f->runs[i]);

		if (there == 0 && atomic_compare_exchange_strong(
					  &f->runs[i], &there, key))
			return i;
		if (there == key)
			return i;
	}
	return IDS_RUNS;
}

static bool take(struct ids_file *f, const char *p)
{
	char text[TEXT_LEN + 1], *end;
	uint64_t run, n, of, key;
	uint8_t count;
	unsigned i;

	memcpy(text, p, TEXT_LEN);
	text[TEXT_LEN] = '\0';
	run = strtoull(text + 4, &end, 16);
	if (strncmp(end, " n=", 3) != 0)
		return false;
	n = strtoull(end + 3, &end, 10);
	if (strncmp(end, " of=", 4) != 0)
		return false;
	of = strtoull(end + 4, &end, 10);
	key = run << 32 | of;
	if (*end != '\0' || n >= of || of > IDS_MAX)
		return false;
	i = place_of(f, key);
	if (i == IDS_RUNS)
		return false;
	count = atomic_load(&f->taken[i][n]);
	while (count < IDS_OFTEN &&
		!atomic_compare_exchange_weak(
			&f->taken[i][n], &count, (uint8_t)(count + 1)))
		;
	return true;
}

void ids_take(struct ids *ids, struct slice text, uint64_t events)
{
	const char *p = (const char *)text.data, *end = p + text.len;
	uint64_t found = 0;

	while (found < events && (p = memmem(p, (size_t)(end - p), before,
					  sizeof(before) - 1)) != NULL) {
		p += sizeof(before) - 1 - 4; /* "run=" */
		if (end - p < TEXT_LEN)
			break;
		found += take(ids->file, p);
	}
	atomic_fetch_add(&ids->file->unknown, events - found);
}

bool ids_sum(const struct ids *ids, unsigned i, struct ids_summary *s)
{
	uint64_t key = atomic_load(&ids->file->runs[i]);

	if (key == 0)
		return false;
	*s = (struct ids_summary){ .run = (uint32_t)(key >> 32),
		.numbered = (uint32_t)key };
	for (uint32_t n = 0; n < s->numbered; n++) {
		uint8_t count = atomic_load(&ids->file->taken[i][n]);

		s->taken += count > 0;
		s->duplicated += count > 1;
		s->extra += count > 1 ? count - 1U : 0;
	}
	s->missing = s->numbered - s->taken;
	return true;
}

void ids_list(const struct ids *ids, unsigned i, FILE *f)
{
	const _Atomic uint8_t *taken = ids->file->taken[i];
	uint64_t key = atomic_load(&ids->file->runs[i]);
	uint32_t run = (uint32_t)(key >> 32), sent = (uint32_t)key;

	for (uint32_t n = 0; n < sent; n++) {
		uint32_t first = n;

		if (atomic_load(&taken[n]) > 1)
			fprintf(f, "twice %08" PRIx32 " %" PRIu32 " %u\n", run,
				n, (unsigned)atomic_load(&taken[n]));
		if (atomic_load(&taken[n]) != 0)
			continue;
		while (n + 1 < sent && atomic_load(&taken[n + 1]) == 0)
			n++;
		fprintf(f, "missing %08" PRIx32 " %" PRIu32, run, first);
		if (n > first)
			fprintf(f, "-%" PRIu32, n);
		putc('\n', f);
	}
}

int tape_number(struct tape *t, uint32_t run)
{
	struct tape numbered = TAPE_NULL;
	uint8_t *payload = NULL;
	size_t cap = 0;
	int r = t->frames <= IDS_MAX ? 0 : -ERANGE;

	for (size_t i = 0; r == 0 && i < t->frames; i++) {
		size_t start = tape_start(t, i) + TAPE_PREFIX_LEN;
		size_t len = t->ends[i] - start;
		/* a field behind the others overrules one before them */
		size_t whole = len + 2 + TEXT_LEN;
		char text[64];

		if (whole > cap) {
			uint8_t *p = realloc(payload, 2 * whole);

			if (p == NULL) {
				r = -ENOMEM;
				break;
			}
			payload = p;
			cap = 2 * whole;
		}
		snprintf(text, sizeof(text), text_format, run, (unsigned)i,
			(unsigned)t->frames);
		memcpy(payload, t->data + start, len);
		payload[len] = DNSTAP_EXTRA << 3 | WIRE_BYTES;
		payload[len + 1] = TEXT_LEN;
		memcpy(payload + len + 2, text, TEXT_LEN);
		r = tape_add(&numbered, slice_from(payload, whole));
	}
	free(payload);
	if (r != 0) {
		tape_deinit(&numbered);
		return r;
	}
	tape_deinit(t);
	*t = numbered;
	return 0;
}
