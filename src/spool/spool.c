#include "spool/spool_own.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"

static void count(_Atomic uint64_t *what, uint64_t more)
{
	atomic_store_explicit(what,
		atomic_load_explicit(what, memory_order_relaxed) + more,
		memory_order_relaxed);
}

static void show_oldest(struct spool *s)
{
	const struct spool_file *f = spool_oldest(s);

	atomic_store_explicit(&s->usage->oldest_ns,
		f != NULL ? f->created_ns : 0, memory_order_relaxed);
}

static struct slice last_word(struct slice text)
{
	size_t at = text.len;

	while (at > 0 && text.data[at - 1] != ' ')
		at--;
	return slice_from(text.data + at, text.len - at);
}

static void stop_waiting(struct spool *s, struct spool_file *f)
{
	cds_list_del(&f->waiting);
	if (f->failed)
		cds_list_del(&f->unreadable);
	f->failed = false;
	f->waits = false;
	count(&s->usage->events, -(uint64_t)f->events);
	show_oldest(s);
}

/* Nothing waits on it any more, whatever became of the file. */
static void forget(struct spool *s, struct spool_file *f)
{
	if (f->waits)
		stop_waiting(s, f);
	cds_list_del(&f->all);
	count(&s->usage->bytes, -f->bytes);
	count(&s->usage->files, -UINT64_C(1));
	free(f);
}

/* Nearly always at the end. */
void spool_list(struct spool *s, struct spool_file *f)
{
	struct cds_list_head *at = s->all.prev;

	while (at != &s->all &&
		cds_list_entry(at, struct spool_file, all)->number > f->number)
		at = at->prev;
	cds_list_add(&f->all, at);
	count(&s->usage->bytes, f->bytes);
	count(&s->usage->files, 1);
}

void spool_wait(struct spool *s, struct spool_file *f, uint32_t events)
{
	struct cds_list_head *at = s->waiting.prev;

	while (at != &s->waiting &&
		cds_list_entry(at, struct spool_file, waiting)->number >
			f->number)
		at = at->prev;
	cds_list_add(&f->waiting, at);
	f->events = events;
	f->waits = true;
	f->replayed = false;
	count(&s->usage->events, events);
	show_oldest(s);
}

void spool_set_aside(struct spool *s, uint64_t number, const char *why)
{
	int r = directory_set_aside(&s->directory, number);

	log_limited(LOG_LEVEL_ERROR, SPOOL_DAMAGED,
		"a file of the spool is set aside",
		"path=%s/%016llx.damaged reason=\"%s%s%s\"", s->settings->path,
		(unsigned long long)number, why,
		r != 0 ? "; it cannot be renamed: " : "",
		r != 0 ? strerror(-r) : "");
}

int spool_open(struct spool **sp, const struct spool_settings *settings,
	const char *identity, struct spool_usage *usage,
	struct spool_found *found, char *error, size_t cap)
{
	struct spool *s = calloc(1, sizeof(*s));
	char why[192] = "";
	int r = -ENOMEM;

	*found = (struct spool_found){ 0 };
	if (s == NULL)
		goto out;
	s->settings = settings;
	s->usage = usage;
	s->directory = DIRECTORY_NULL;
	s->next = 1;
	CDS_INIT_LIST_HEAD(&s->all);
	CDS_INIT_LIST_HEAD(&s->waiting);
	CDS_INIT_LIST_HEAD(&s->unreadable);
	r = packer_init(&s->packer, settings->gzip_level, identity);
	if (r == 0)
		r = directory_open(&s->directory, settings->path,
			!settings->no_sync, why, sizeof(why));
	s->envelope = last_word(slice_from(
		s->packer.header + PACK_HEADER, s->packer.identity_len));
	if (r == 0)
		r = spool_adopt_all(s, found);
	if (r == 0)
		*sp = s;
	else
		spool_close(s);
out:
	if (r != 0)
		snprintf(error, cap, "spool %s %s", settings->path,
			why[0] != '\0' ? why : strerror(-r));
	return r;
}

struct spool *spool_close(struct spool *s)
{
	if (s == NULL)
		return NULL;
	for (struct spool_file *f = spool_next(s, NULL), *next; f != NULL;
		f = next) {
		next = spool_next(s, f);
		free(f);
	}
	directory_close(&s->directory);
	packer_deinit(&s->packer);
	free(s->buffer);
	free(s);
	return NULL;
}

int spool_write(struct spool *s, const struct batch *b, uint64_t created_ns,
	struct spool_file **file)
{
	struct iovec parts[PACK_PARTS];
	struct spool_file *f = calloc(1, sizeof(*f));
	uint64_t used;
	int r = -ENOMEM;

	if (f != NULL)
		r = packer_pack(&s->packer, b, created_ns, parts);
	if (r != 0)
		goto out;
	for (int i = 0; i < PACK_PARTS; i++)
		f->bytes += parts[i].iov_len;
	used = atomic_load_explicit(&s->usage->bytes, memory_order_relaxed);
	r = used + f->bytes > s->settings->max_size ? SPOOL_E_FULL : 0;
	if (r == 0)
		r = directory_write(&s->directory, s->next, parts, PACK_PARTS);
	if (r != 0)
		goto out;
	s->last_size = f->bytes;
	f->number = s->next++;
	f->created_ns = created_ns;
	f->events = batch_left(b);
	spool_list(s, f);
	*file = f;
	return 0;

out:
	free(f);
	return r;
}

struct spool_file *spool_oldest(const struct spool *s)
{
	if (s->waiting.next == &s->waiting)
		return NULL;
	return cds_list_first_entry(&s->waiting, struct spool_file, waiting);
}

struct spool_file *spool_readable(const struct spool *s)
{
	struct spool_file *f;

	cds_list_for_each_entry (f, &s->waiting, waiting)
		if (!f->failed)
			return f;
	return NULL;
}

struct spool_file *spool_unreadable(const struct spool *s)
{
	if (s->unreadable.next == &s->unreadable)
		return NULL;
	return cds_list_first_entry(
		&s->unreadable, struct spool_file, unreadable);
}

void spool_read_failed(struct spool *s, struct spool_file *f)
{
	if (f->failed)
		cds_list_del(&f->unreadable);
	cds_list_add_tail(&f->unreadable, &s->unreadable);
	f->failed = true;
}

void spool_read_anew(struct spool *s)
{
	struct spool_file *f;

	while ((f = spool_unreadable(s)) != NULL) {
		cds_list_del(&f->unreadable);
		f->failed = false;
	}
}

static int reserve_buffer(struct spool *s, size_t len)
{
	uint8_t *grown;

	if (len <= s->buffer_cap)
		return 0;
	grown = realloc(s->buffer, len);
	if (grown == NULL)
		return -ENOMEM;
	s->buffer = grown;
	s->buffer_cap = len;
	return 0;
}

/* *why: for SPOOL_E_DAMAGED. */
static int load(struct spool *s, const struct spool_file *f,
	struct batch_pool *pool, struct batch *b, const char **why)
{
	struct pack_header h;
	struct slice identity;
	uint64_t size;
	size_t len;
	int r;

	*why = "it is damaged";
	if (f->bytes > PACK_LENGTH_MAX)
		return SPOOL_E_DAMAGED;
	r = reserve_buffer(s, f->bytes);
	if (r == 0)
		r = directory_read(&s->directory, f->number, s->buffer,
			f->bytes, &len, &size);
	if (r == -ENOENT)
		*why = "it is gone";
	if (r == -ENOENT || r == -EINVAL)
		return SPOOL_E_DAMAGED;
	if (r != 0)
		return r;
	if (size != f->bytes || pack_read_header(slice_from(s->buffer, len), &h,
					&identity) != 0)
		return SPOOL_E_DAMAGED;
	identity = last_word(identity);
	if (identity.len != s->envelope.len ||
		memcmp(identity.data, s->envelope.data, identity.len) != 0) {
		*why = "it was written for another type of output";
		return SPOOL_E_DAMAGED;
	}
	r = batch_reserve(pool, b, h.plain, h.events);
	if (r == 0 && packer_unpack(&s->packer, &h, slice_from(s->buffer, len),
			      b) != 0)
		r = SPOOL_E_DAMAGED;
	return r;
}

int spool_load(struct spool *s, struct spool_file *f, struct batch_pool *pool,
	struct batch *b, uint32_t *lost)
{
	const char *why;
	int r = load(s, f, pool, b, &why);

	if (r < 0)
		return r;
	if (r != 0) {
		spool_set_aside(s, f->number, why);
		*lost = f->events;
		forget(s, f);
		return r;
	}
	/* an event is counted in memory first: better twice for an instant
	 * than nowhere */
	if (f->settled <= b->events)
		b->first = f->settled;
	atomic_store_explicit(&b->held, batch_left(b), memory_order_relaxed);
	stop_waiting(s, f);
	return 0;
}

uint32_t spool_remove(struct spool *s, struct spool_file *f)
{
	uint32_t events = f->waits ? f->events : 0;
	int r = directory_remove(&s->directory, f->number);

	if (r != 0 && r != -ENOENT)
		log_limited(LOG_LEVEL_ERROR, SPOOL_REMOVE_FAILED,
			"a file of the spool cannot be removed; its events "
			"will be sent again after a restart",
			"path=%s/%016llx.batch error=\"%s\"", s->settings->path,
			(unsigned long long)f->number, strerror(-r));
	forget(s, f);
	return events;
}

bool spool_is_expired(
	const struct spool *s, const struct spool_file *f, uint64_t real_ns)
{
	return s->settings->max_age_ns != 0 && real_ns > f->created_ns &&
	       real_ns - f->created_ns > s->settings->max_age_ns;
}

bool spool_has_room(const struct spool *s)
{
	return atomic_load_explicit(&s->usage->bytes, memory_order_relaxed) +
		       s->last_size <=
	       s->settings->max_size;
}

struct spool_file *spool_next(const struct spool *s, const struct spool_file *f)
{
	const struct cds_list_head *next =
		f != NULL ? f->all.next : s->all.next;

	if (next == &s->all)
		return NULL;
	return cds_list_entry(next, struct spool_file, all);
}
