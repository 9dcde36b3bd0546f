#include "control/rehearsal.h"

#include <string.h>

#include "control/reach.h"

enum { ERROR_MAX = 512 };

static int become(const struct config *c, struct identity *i,
	struct folders *coming, struct buf *problems)
{
	char error[ERROR_MAX] = "";
	int r = identity_find(i, c, error, sizeof(error));

	if (r == 0 && i->changes) {
		r = folders_find(coming, c); /* root would make them */
		if (r == 0)
			r = identity_assume(i, error, sizeof(error));
	}
	if (r != 0)
		buf_printf(problems, "%s\n",
			*error != '\0' ? error : strerror(-r));
	return r;
}

bool rehearse(const struct config *c, const char *file, struct buf *said,
	struct buf *problems)
{
	struct identity i = IDENTITY_NULL;
	struct folders coming = FOLDERS_NULL;
	struct buf notes = BUF_NULL;
	bool well;

	if (become(c, &i, &coming, problems) == 0)
		reach_check(c, file, &coming, problems, &notes);
	well = problems->len == 0 && !buf_failed(problems);
	if (well)
		buf_printf(said,
			"%s%sconfiguration ok: %zu listener%s, %zu output%s\n",
			config_notes(c), buf_str(&notes), c->intake.n_listeners,
			c->intake.n_listeners == 1 ? "" : "s", c->n_outputs,
			c->n_outputs == 1 ? "" : "s");
	buf_deinit(&notes);
	folders_deinit(&coming);
	identity_deinit(&i);
	return well;
}
