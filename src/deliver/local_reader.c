#include "deliver/local_reader.h"

#include <errno.h>
#include <string.h>

#include "base/log.h"
#include "deliver/backoff.h"
#include "deliver/named_pipe.h"

const char *local_output_name(const struct local_output *o)
{
	return o->head.feed->settings.name;
}

const char *local_output_path(const struct local_output *o)
{
	return o->head.settings->local.path;
}

const char *local_reader_reason(const struct local_output *o, int error)
{
	switch (error) {
	case 0:
		return NULL;
	case ENXIO:
	case ECONNREFUSED:
		return "nobody reads";
	case ENOENT:
		return o->head.settings->type == OUTPUT_TYPE_SOCKET
			       ? "there is no such socket"
			       : "its folder does not exist";
	case NAMED_PIPE_FOREIGN:
		return "somebody else made it where every user may: chown it, "
		       "or use another folder";
	case EPROTOTYPE:
		return "the socket is of the other type: see socket_type";
	case EEXIST:
		return "something else has that path";
	default:
		return strerror(error);
	}
}

static const char *awaited(const struct local_output *o)
{
	const struct feed_settings *s = &o->head.feed->settings;

	if (s->spool)
		return "nobody reads; events wait, and go to the spool when "
		       "memory is full";
	if (s->overflow == OVERFLOW_BLOCK)
		return "nobody reads; events wait, and no more are read when "
		       "memory is full";
	return "nobody reads; events wait, and are dropped when memory is full";
}

static void set_reader(struct local_output *o, bool there, int error)
{
	if (atomic_load(&o->there) != there)
		atomic_store(&o->since_ns, clock_mono_ns(&clock_system));
	atomic_store(&o->error, error);
	atomic_store(&o->there, there);
}

static void reader_came(struct local_output *o)
{
	o->failures = 0;
	o->told = false;
	o->look_ns = clock_mono_ns(&clock_system) + LOCAL_LOOK_NS;
	set_reader(o, true, 0);
	feed_resume(o->head.feed);
	stat_inc(o->stats, OUTPUT_READERS);
	log_limited(LOG_LEVEL_INFO, READER_THERE, "there is a reader",
		"output=%s path=%s", local_output_name(o),
		local_output_path(o));
}

void local_reader_went(struct local_output *o)
{
	local_end_close(&o->end);
	trail_rewind(&o->trail);
	/* the next one may be there already, or as soon gone */
	o->next_ns = clock_mono_ns(&clock_system) +
		     o->head.settings->local.retry_initial_ns;
	o->told = true;
	set_reader(o, false, ECONNREFUSED);
	stat_inc(o->stats, OUTPUT_READERS_GONE);
	log_limited(LOG_LEVEL_INFO, READER_GONE,
		"the reader has gone; events wait for the next one",
		"output=%s path=%s", local_output_name(o),
		local_output_path(o));
}

static void reader_absent(struct local_output *o, int r, int error)
{
	const struct local_settings *s = &o->head.settings->local;
	enum log_level level = r > 0 ? LOG_LEVEL_INFO : LOG_LEVEL_WARN;
	static struct log_limit limit;

	o->failures++;
	o->next_ns = clock_mono_ns(&clock_system) +
		     backoff_ceiling_ns(
			     s->retry_initial_ns, s->retry_max_ns, o->failures);
	if (atomic_load(&o->error) == error && o->told)
		return;
	o->told = true;
	set_reader(o, false, error);
	log_at(level, &limit, READER_AWAITED, awaited(o),
		"output=%s path=%s reason=\"%s\"", local_output_name(o),
		local_output_path(o), local_reader_reason(o, error));
}

void local_reader_find(struct local_output *o)
{
	int r;

	if (clock_mono_ns(&clock_system) < o->next_ns)
		return;
	r = local_end_open(&o->end);
	if (r == 0)
		reader_came(o);
	else
		reader_absent(o, r, r > 0 ? ECONNREFUSED : -r);
}

void local_reader_none(struct local_output *o)
{
	set_reader(o, false, 0);
}
