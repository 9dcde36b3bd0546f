#include "deliver/breaker.h"

#include "deliver/backoff.h"

bool breaker_passes(const struct breaker *b, uint64_t mono_ns)
{
	switch (b->state) {
	case BREAKER_CLOSED:
		return true;
	case BREAKER_OPEN:
		return mono_ns >= b->until_ns;
	case BREAKER_HALF_OPEN:
		return !b->probing;
	}
	return false;
}

bool breaker_enter(struct breaker *b, uint64_t mono_ns)
{
	if (!breaker_passes(b, mono_ns))
		return false;
	if (b->state != BREAKER_CLOSED) {
		b->state = BREAKER_HALF_OPEN;
		b->probing = true;
		b->since_ns = mono_ns;
	}
	return true;
}

static void open_it(
	struct breaker *b, const struct breaker_settings *s, uint64_t mono_ns)
{
	b->openings++;
	b->state = BREAKER_OPEN;
	b->probing = false;
	b->since_ns = mono_ns;
	b->until_ns = mono_ns + backoff_ceiling_ns(s->time_ns, s->max_time_ns,
					b->openings);
}

static bool too_many(const struct breaker *b, const struct breaker_settings *s)
{
	unsigned failed = (unsigned)__builtin_popcountll(b->results);

	if (s->failures != 0 && b->row >= s->failures)
		return true;
	return s->ratio != 0 && b->n_results >= s->window &&
	       failed * 100 >= s->ratio * s->window;
}

static void remember(
	struct breaker *b, const struct breaker_settings *s, bool failed)
{
	b->row = failed ? b->row + 1 : 0;
	b->results = b->results << 1 | failed;
	if (s->window < BREAKER_WINDOW_MAX)
		b->results &= (UINT64_C(1) << s->window) - 1;
	if (b->n_results < s->window)
		b->n_results++;
}

bool breaker_result(struct breaker *b, const struct breaker_settings *s,
	bool failed, uint64_t began_ns, uint64_t mono_ns)
{
	if (b->state != BREAKER_CLOSED) {
		bool opens = failed && b->state == BREAKER_HALF_OPEN;

		if (began_ns < b->since_ns)
			return false;
		if (!failed)
			*b = BREAKER_NULL;
		else if (opens)
			open_it(b, s, mono_ns);
		return opens;
	}
	remember(b, s, failed);
	if (!failed || !too_many(b, s))
		return false;
	open_it(b, s, mono_ns);
	return true;
}

void breaker_leave(struct breaker *b, uint64_t entered_ns)
{
	if (b->state == BREAKER_HALF_OPEN && b->since_ns == entered_ns)
		b->probing = false;
}

bool breaker_trip(
	struct breaker *b, const struct breaker_settings *s, uint64_t mono_ns)
{
	bool was_closed = b->state == BREAKER_CLOSED;

	if (b->state != BREAKER_OPEN)
		open_it(b, s, mono_ns);
	return was_closed;
}

void breaker_try(struct breaker *b, uint64_t mono_ns)
{
	if (b->state == BREAKER_OPEN && b->until_ns > mono_ns)
		b->until_ns = mono_ns;
}

uint64_t breaker_usable_ns(const struct breaker *b)
{
	switch (b->state) {
	case BREAKER_CLOSED:
		return 0;
	case BREAKER_OPEN:
		return b->until_ns;
	case BREAKER_HALF_OPEN:
		return b->probing ? UINT64_MAX : 0;
	}
	return 0;
}
