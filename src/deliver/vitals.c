#include "deliver/vitals.h"

static bool enough(struct vitals *v, unsigned wanted)
{
	if (++v->row < wanted)
		return false;
	v->row = 0;
	return true;
}

int vitals_check(struct vitals *v, const struct vitals_settings *s,
	enum vitals_sign sign, bool idle, uint64_t mono_ns)
{
	int change = 0;

	if (idle && !v->down) {
		v->down = true;
		v->row = 0;
	}
	if (sign == VITALS_GOOD && v->down) {
		if (enough(v, s->rise)) {
			v->down = false;
			change = VITALS_E_ROSE;
		}
	} else if (sign != VITALS_GOOD && !v->down) {
		if (sign == VITALS_GONE || enough(v, s->fall)) {
			v->down = true;
			v->row = 0;
			change = VITALS_E_FELL;
		}
	} else {
		v->row = 0;
	}
	/* half way up or down is worth a closer look as well */
	v->due_ns = mono_ns + (v->down || v->row != 0 ? s->down_interval_ns
						      : s->interval_ns);
	return change;
}

void vitals_hurry(
	struct vitals *v, const struct vitals_settings *s, uint64_t mono_ns)
{
	if (v->due_ns > mono_ns + s->down_interval_ns)
		v->due_ns = mono_ns + s->down_interval_ns;
}
