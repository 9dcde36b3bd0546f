#include "base/account.h"

#include <errno.h>
#include <grp.h>
#include <pwd.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* UINT32_MAX is what the system takes for "leave it". */
static bool is_number(const char *text, unsigned *id)
{
	char *end;
	unsigned long n;

	errno = 0;
	n = strtoul(text, &end, 10);
	if (text[0] < '0' || text[0] > '9' || *end != '\0' || errno != 0 ||
		n >= UINT32_MAX)
		return false;
	*id = (unsigned)n;
	return true;
}

int account_user(const char *text, uid_t *uid)
{
	const struct passwd *user;

	if (is_number(text, uid))
		return 0;
	user = getpwnam(text);
	if (user == NULL)
		return -ENOENT;
	*uid = user->pw_uid;
	return 0;
}

int account_group(const char *text, gid_t *gid)
{
	const struct group *group;

	if (is_number(text, gid))
		return 0;
	group = getgrnam(text);
	if (group == NULL)
		return -ENOENT;
	*gid = group->gr_gid;
	return 0;
}

static const char *put_name(
	const char *found, unsigned id, char name[ACCOUNT_NAME_MAX])
{
	if (found != NULL && strlen(found) < ACCOUNT_NAME_MAX)
		snprintf(name, ACCOUNT_NAME_MAX, "%s", found);
	else
		snprintf(name, ACCOUNT_NAME_MAX, "%u", id);
	return name;
}

const char *account_user_name(uid_t uid, char name[ACCOUNT_NAME_MAX])
{
	const struct passwd *user = getpwuid(uid);

	return put_name(
		user != NULL ? user->pw_name : NULL, (unsigned)uid, name);
}

const char *account_group_name(gid_t gid, char name[ACCOUNT_NAME_MAX])
{
	const struct group *group = getgrgid(gid);

	return put_name(
		group != NULL ? group->gr_name : NULL, (unsigned)gid, name);
}
