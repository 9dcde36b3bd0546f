/*
 * Process: what the kernel tells about this process.
 */
#ifndef TAPFERRY_MONITOR_PROCESS_H
#define TAPFERRY_MONITOR_PROCESS_H

struct process {
	double cpu_seconds;    /* user and system */
	double resident_bytes; /* what is in memory */
	double virtual_bytes;  /* what is mapped */
	double start_seconds;  /* since 1970 */
	unsigned threads;
	unsigned open_fds, max_fds;
};

/* What cannot be found out is 0.  Any thread. */
void process_read(struct process *p);

#endif
