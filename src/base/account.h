/*
 * Account: users and groups by name or number.
 *
 * Thread: main (the user database has one answer for the whole process).
 */
#ifndef TAPFERRY_BASE_ACCOUNT_H
#define TAPFERRY_BASE_ACCOUNT_H

#include <sys/types.h>

/* Return: 0, or -ENOENT when there is none of that name. */
int account_user(const char *text, uid_t *uid);
int account_group(const char *text, gid_t *gid);

enum { ACCOUNT_NAME_MAX = 64 };

/* For people: the name, or the number where it has none.  Return: name. */
const char *account_user_name(uid_t uid, char name[ACCOUNT_NAME_MAX]);
const char *account_group_name(gid_t gid, char name[ACCOUNT_NAME_MAX]);

#endif
