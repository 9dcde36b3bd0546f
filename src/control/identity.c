#include "control/identity.h"

#include <errno.h>
#include <grp.h>
#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/account.h"
#include "control/memory.h"

/* @p:  NULL: a number without an entry */
static int find_group(struct identity *i, const struct config *c,
	const struct passwd *p, char *error, size_t cap)
{
	if (c->group == NULL && p == NULL) {
		snprintf(error, cap,
			"user: %s is not in the user database: give group, too",
			c->user);
		return -EINVAL;
	}
	if (c->group == NULL) {
		i->gid = p->pw_gid;
		return 0;
	}
	if (account_group(c->group, &i->gid) == 0)
		return 0;
	snprintf(error, cap,
		"group: there is no group \"%s\": create it (groupadd "
		"--system), or correct the setting",
		c->group);
	return -EINVAL;
}

static int find_supplementary(struct identity *i, const struct passwd *p)
{
	int n = 64;

	if (p == NULL)
		n = 1;
	i->groups = calloc((size_t)n, sizeof(gid_t));
	if (i->groups == NULL)
		return -ENOMEM;
	i->groups[0] = i->gid;
	i->n_groups = 1;
	while (p != NULL &&
		getgrouplist(p->pw_name, i->gid, i->groups, &n) < 0) {
		gid_t *more = realloc(i->groups, (size_t)n * sizeof(gid_t));

		if (more == NULL)
			return -ENOMEM;
		i->groups = more;
	}
	i->n_groups = n;
	return 0;
}

/* Who is not root is who he is. */
static int compare(const struct identity *i, const struct config *c,
	char *error, size_t cap)
{
	if (i->uid == geteuid() && (c->group == NULL || i->gid == getegid()))
		return 0;
	snprintf(error, cap,
		"user: only root can become %s%s%s, and this is user %u, "
		"group %u: start tapferryd as root, or as that user (User= "
		"and Group= in a unit), or leave user and group out",
		c->user, c->group != NULL ? ":" : "",
		c->group != NULL ? c->group : "", (unsigned)geteuid(),
		(unsigned)getegid());
	return -EPERM;
}

int identity_find(
	struct identity *i, const struct config *c, char *error, size_t cap)
{
	const struct passwd *p;
	int r;

	*i = IDENTITY_NULL;
	if (c->user == NULL)
		return 0;
	if (account_user(c->user, &i->uid) != 0) {
		snprintf(error, cap,
			"user: there is no user \"%s\": create it (useradd "
			"--system), or correct the setting",
			c->user);
		return -EINVAL;
	}
	p = getpwuid(i->uid);
	r = find_group(i, c, p, error, cap);
	if (r != 0)
		return r;
	if (geteuid() != 0)
		return compare(i, c, error, cap);
	if (i->uid == 0) {
		if (i->gid == getegid())
			return 0; /* root, as it was asked for */
		snprintf(error, cap,
			"group: user root keeps its group: name another user, "
			"or leave group out");
		return -EINVAL;
	}
	r = find_supplementary(i, p);
	if (r != 0) {
		snprintf(error, cap, "user: %s", strerror(-r));
		return r;
	}
	snprintf(i->owner, sizeof(i->owner), "%u", (unsigned)i->uid);
	snprintf(i->group, sizeof(i->group), "%u", (unsigned)i->gid);
	i->changes = true;
	return 0;
}

void identity_deinit(struct identity *i)
{
	free(i->groups);
	*i = IDENTITY_NULL;
}

void identity_own_sockets(const struct identity *i, struct config *c)
{
	if (!i->changes)
		return;
	for (size_t l = 0; l < c->intake.n_listeners; l++) {
		struct listen_settings *s = &c->memory->listeners[l].listen;

		if (!address_is_unix(&s->address))
			continue;
		if (s->owner == NULL)
			s->owner = i->owner;
		if (s->group == NULL)
			s->group = i->group;
	}
	c->control.owner = i->owner;
	if (c->control.group == NULL)
		c->control.group = i->group;
}
