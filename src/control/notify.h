/*
 * Notify: what is told to the service manager (sd_notify(3)).
 *
 * Nothing happens where there is none, or without libsystemd.
 */
#ifndef TAPFERRY_CONTROL_NOTIFY_H
#define TAPFERRY_CONTROL_NOTIFY_H

#include <stdbool.h>
#include <stdint.h>

/* "READY=1" and the like, a line each. */
__attribute__((format(printf, 1, 2))) void notify(const char *format, ...);

/* Is there somebody who is told? */
bool notify_is_heard(void);

/* Silence that is taken for death ($WATCHDOG_USEC); 0: none is. */
uint64_t notify_watchdog_ns(void);

#endif
