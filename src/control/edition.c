#include "control/edition.h"

#include <errno.h>
#include <stdlib.h>

int edition_new(struct edition **ep, struct config *config)
{
	struct edition *e = calloc(1, sizeof(*e));

	if (e == NULL)
		return -ENOMEM;
	e->config = *config;
	e->uses = 1;
	*config = CONFIG_NULL;
	*ep = e;
	return 0;
}

struct edition *edition_get(struct edition *e)
{
	e->uses++;
	return e;
}

struct edition *edition_put(struct edition *e)
{
	if (e == NULL || --e->uses > 0)
		return NULL;
	config_deinit(&e->config);
	free(e);
	return NULL;
}
