/*
 * Profile: how a rate changes in time, as the command line says it.
 *
 *	ramp:0..100000/30s          from nothing to 100,000 a second in 30 s,
 *	                            which then stays
 *	spike:1000..50000/2s@10s    1,000 a second, and in every 10 s the last
 *	                            2 s with 50,000
 */
#ifndef TAPFERRY_LOAD_PROFILE_H
#define TAPFERRY_LOAD_PROFILE_H

#include "load/pacer.h"

enum {
	PROFILE_E_SYNTAX = 1,
	PROFILE_E_NOTHING, /* both rates are 0 */
	PROFILE_E_LENGTH,  /* a spike that lasts longer than its period */
};

/* Return: 0 or PROFILE_E_*; *p is set on 0 only. */
int profile_parse(struct pacer *p, const char *text);

/* One phrase for PROFILE_E_*, with the cure. */
const char *profile_error_text(int error);

#endif
