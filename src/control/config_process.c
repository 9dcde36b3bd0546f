#include "control/config_process.h"

void config_check_process(struct config_memory *m)
{
	const struct main_values *v = &m->values.main;

	if (v->group != NULL && v->user == NULL)
		tree_problem(&m->tree, config_root_setting(&m->tree.t), "group",
			"goes with user: say which user to become, too");
}
