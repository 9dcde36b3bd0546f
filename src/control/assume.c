#include "control/identity.h"

#include <errno.h>
#include <grp.h>
#include <linux/capability.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

/*
 * Kept, and always the same: a reload may bring a listener below port 1024,
 * and one that is refused then cannot be told from one that never worked.
 */
enum { KEPT = CAP_NET_BIND_SERVICE };

static int get_capabilities(struct __user_cap_data_struct of[2])
{
	struct __user_cap_header_struct header = {
		.version = _LINUX_CAPABILITY_VERSION_3
	};

	return (int)syscall(SYS_capget, &header, of);
}

/* All but KEPT go, from this thread; KEPT can be used, if it was had. */
static int shed_capabilities(void)
{
	struct __user_cap_header_struct header = {
		.version = _LINUX_CAPABILITY_VERSION_3
	};
	struct __user_cap_data_struct of[2];

	if (get_capabilities(of) != 0)
		return -1;
	of[0].permitted &= 1U << KEPT;
	of[0].effective = of[0].permitted;
	of[0].inheritable = 0;
	of[1] = (struct __user_cap_data_struct){ 0 };
	return (int)syscall(SYS_capset, &header, of);
}

/*
 * What a program that is started could have; the last one answers EINVAL.  In a
 * container without CAP_SETPCAP they stay, and no_new_privs has to do.
 */
static void empty_bounds(void)
{
	for (unsigned long c = 0; prctl(PR_CAPBSET_READ, c, 0, 0, 0) >= 0; c++)
		prctl(PR_CAPBSET_DROP, c, 0, 0, 0);
	prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0);
}

/* Is there a way back?  Each of these must be refused. */
static const char *find_way_back(const struct identity *i)
{
	struct __user_cap_data_struct of[2];
	uid_t r, e, s;
	gid_t rg, eg, sg;

	if (getresuid(&r, &e, &s) != 0 || r != i->uid || e != i->uid ||
		s != i->uid || getresgid(&rg, &eg, &sg) != 0 || rg != i->gid ||
		eg != i->gid || sg != i->gid)
		return "ids are not what was asked for";
	if (setresuid((uid_t)-1, 0, (uid_t)-1) == 0 || setuid(0) == 0)
		return "it could become root again";
	if (i->gid != 0 && setgid(0) == 0)
		return "it could have root's group again";
	if (get_capabilities(of) != 0 ||
		(of[0].permitted & ~(1U << KEPT)) != 0 ||
		of[1].permitted != 0 || of[0].inheritable != 0 ||
		of[1].inheritable != 0)
		return "capabilities are left";
	if (prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0) != 1)
		return "new privileges could be had";
	return NULL;
}

static const char *change(const struct identity *i)
{
	empty_bounds();
	/* else the kernel takes KEPT with the rest; gone with the next exec */
	if (prctl(PR_SET_KEEPCAPS, 1, 0, 0, 0) != 0)
		return "PR_SET_KEEPCAPS";
	if (setgroups((size_t)i->n_groups, i->groups) != 0 ||
		setresgid(i->gid, i->gid, i->gid) != 0)
		return "CAP_SETGID";
	if (setresuid(i->uid, i->uid, i->uid) != 0)
		return "CAP_SETUID";
	if (shed_capabilities() != 0 || prctl(PR_SET_KEEPCAPS, 0, 0, 0, 0) != 0)
		return "capset";
	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0)
		return "PR_SET_NO_NEW_PRIVS";
	/* the change made /proc/self root's, where descriptors are opened anew
	 * and counted */
	if (prctl(PR_SET_DUMPABLE, 1, 0, 0, 0) != 0)
		return "PR_SET_DUMPABLE";
	return NULL;
}

int identity_assume(const struct identity *i, char *error, size_t cap)
{
	const char *what = change(i);
	int r = -EPERM;

	if (what != NULL) {
		r = -errno;
		snprintf(error, cap,
			"user: cannot become user %u, group %u: %s: %s (root "
			"without its capabilities, as in some containers, "
			"cannot: have them set the user)",
			(unsigned)i->uid, (unsigned)i->gid, what, strerror(-r));
		return r;
	}
	what = find_way_back(i);
	if (what == NULL)
		return 0;
	snprintf(error, cap, "user: privileges were not given up for good: %s",
		what);
	return r;
}
