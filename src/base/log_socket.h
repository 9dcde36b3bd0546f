/*
 * Log socket: the place of a log daemon.  For base/log.c and its journal.
 */
#ifndef TAPFERRY_BASE_LOG_SOCKET_H
#define TAPFERRY_BASE_LOG_SOCKET_H

#define LOG_SYSLOG_SOCKET "/dev/log" /* _PATH_LOG of syslog(3) */

/*
 * log_socket_look() - is anybody there?
 * Thread: main.  Return: 0 or -errno; somebody may be there later.
 */
int log_socket_look(const char *path);

#endif
