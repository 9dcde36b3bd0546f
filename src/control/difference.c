#include "control/difference.h"

#include <string.h>

#include "control/memory.h"

static bool is_within(const struct setting *row, size_t start, size_t size)
{
	return row->offset >= start && row->offset < start + size;
}

/* Which part of an output a field makes another. */
static unsigned part_of_output(const struct setting *row)
{
	if (is_within(row, offsetof(struct output_values, out.feed),
		    sizeof(struct feed_settings)) ||
		row->offset == offsetof(struct output_values, overflow) ||
		row->offset == offsetof(struct output_values, spool_full))
		return DIFFERS_FEED;
	if (row->offset == offsetof(struct output_values,
				   out.keeper.spool.max_size) ||
		row->offset == offsetof(struct output_values,
				       out.keeper.spool.max_age_ns))
		return DIFFERS_LIMITS;
	if (is_within(row, offsetof(struct output_values, out.keeper),
		    sizeof(struct keeper_settings)))
		return DIFFERS_KEEPER;
	return DIFFERS_OUTPUT;
}

/* The same of a backend: what it is, or how requests to it are made. */
static unsigned part_of_backend(const struct setting *row)
{
	return is_within(row, offsetof(struct backend_settings, access),
		       sizeof(struct access_settings))
		       ? DIFFERS_OUTPUT
		       : DIFFERS_BACKENDS;
}

static unsigned part_of_main(const struct setting *row)
{
	(void)row;
	return DIFFERS_OUTPUT;
}

static unsigned compare_scope(enum setting_scope scope, unsigned fits,
	const void *a, const void *b,
	unsigned (*part)(const struct setting *row))
{
	unsigned found = 0;

	for (size_t i = 0; i < n_settings; i++) {
		const struct setting *row = &settings[i];

		if (row->scope == scope && row->fits & fits &&
			!setting_same(row, a, b))
			found |= part(row);
	}
	for (unsigned i = SCOPE_TOP + 1; i < SCOPE_COUNT; i++)
		if (scope_is_part(&scopes[i], scope, fits))
			found |= compare_scope(scopes[i].id, fits, a, b, part);
	return found;
}

static const struct backend_settings *find_backend(
	const struct output_values *o, const char *url)
{
	for (size_t i = 0; i < o->out.remote.n_backends; i++)
		if (strcmp(o->backends[i].url, url) == 0)
			return &o->backends[i];
	return NULL;
}

static unsigned compare_backends(const struct output_values *a,
	const struct output_values *b, unsigned fits)
{
	size_t n = a->out.remote.n_backends;
	unsigned found = n != b->out.remote.n_backends ? DIFFERS_BACKENDS : 0;

	for (size_t i = 0; i < n; i++) {
		const struct backend_settings *other =
			find_backend(b, a->backends[i].url);

		found |= other == NULL ? DIFFERS_BACKENDS
				       : compare_scope(SCOPE_BACKEND, fits,
						 &a->backends[i], other,
						 part_of_backend);
	}
	return found;
}

unsigned difference_of_outputs(
	const struct config *a, size_t i, const struct config *b, size_t j)
{
	const struct output_values *x = &a->memory->values.outputs[i];
	const struct output_values *y = &b->memory->values.outputs[j];
	unsigned fits = 1U << x->out.type, found;

	if (x->out.type != y->out.type)
		return DIFFERS_FEED | DIFFERS_OUTPUT;
	found = compare_scope(SCOPE_OUTPUT, fits, x, y, part_of_output);
	if (x->out.feed.buffer_events != y->out.feed.buffer_events)
		found |= DIFFERS_FEED;
	/* it has a shard of the feed's counters for each of them */
	if (output_senders(&x->out) != output_senders(&y->out))
		found |= DIFFERS_FEED;
	if (output_collector(x->out.type) != NULL)
		found |= compare_backends(x, y, fits);
	return found;
}

static bool same_secret(const char *a, const char *b)
{
	return a == b || (a != NULL && b != NULL && strcmp(a, b) == 0);
}

bool difference_of_monitors(const struct config *a, const struct config *b)
{
	const struct guard *x = &a->monitor.guard, *y = &b->monitor.guard;

	/* the files may be the same and say something else */
	if (!same_secret(x->password, y->password) ||
		!same_secret(x->token, y->token))
		return true;
	return compare_scope(SCOPE_MONITOR, FITS_ALL, &a->memory->values.main,
		       &b->memory->values.main, part_of_main) != 0;
}
