#include "monitor/process.h"

#include <dirent.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

/* Linux tells the number since 6.2; before, they are counted. */
static unsigned count_fds(void)
{
	struct stat st;
	unsigned n = 0;
	DIR *dir;

	if (stat("/proc/self/fd", &st) == 0 && st.st_size > 0)
		return (unsigned)st.st_size;
	dir = opendir("/proc/self/fd");
	if (dir == NULL)
		return 0;
	for (const struct dirent *e; (e = readdir(dir)) != NULL;)
		n += e->d_name[0] != '.';
	closedir(dir);
	return n > 0 ? n - 1 : 0; /* without the folder's own */
}

static double boot_seconds(void)
{
	FILE *f = fopen("/proc/stat", "re");
	unsigned long long boot = 0;
	char line[256];

	if (f == NULL)
		return 0;
	while (boot == 0 && fgets(line, sizeof(line), f) != NULL)
		if (sscanf(line, "btime %llu", &boot) != 1)
			boot = 0;
	fclose(f);
	return (double)boot;
}

static void read_stat(struct process *p)
{
	double ticks = (double)sysconf(_SC_CLK_TCK);
	double page = (double)sysconf(_SC_PAGESIZE);
	unsigned long user, system, size;
	unsigned long long start;
	unsigned threads;
	long resident;
	char text[1024], *rest;
	size_t n;
	FILE *f = fopen("/proc/self/stat", "re");

	if (f == NULL)
		return;
	n = fread(text, 1, sizeof(text) - 1, f);
	fclose(f);
	text[n] = '\0';
	rest = strrchr(text, ')'); /* behind the name; proc(5) */
	if (rest == NULL ||
		sscanf(rest,
			") %*c %*d %*d %*d %*d %*d %*u %*u %*u %*u %*u %lu %lu "
			"%*d %*d %*d %*d %u %*d %llu %lu %ld",
			&user, &system, &threads, &start, &size,
			&resident) != 6)
		return;
	p->cpu_seconds = (double)(user + system) / ticks;
	p->threads = threads;
	p->start_seconds = boot_seconds() + (double)start / ticks;
	p->virtual_bytes = (double)size;
	p->resident_bytes = (double)resident * page;
}

void process_read(struct process *p)
{
	struct rlimit limit;

	*p = (struct process){ 0 };
	read_stat(p);
	p->open_fds = count_fds();
	if (getrlimit(RLIMIT_NOFILE, &limit) == 0)
		p->max_fds = (unsigned)limit.rlim_cur;
}
