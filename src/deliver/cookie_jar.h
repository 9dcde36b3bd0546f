/*
 * Cookie jar: what a backend wants to be told again, whichever client asks.
 *
 * A load balancer in front of indexers keeps a client at one of them by a
 * cookie, and acknowledgements are known only there: so all clients of a
 * backend show the same ones.  Parsing, scope and age are libcurl's.
 */
#ifndef TAPFERRY_DELIVER_COOKIE_JAR_H
#define TAPFERRY_DELIVER_COOKIE_JAR_H

#include <curl/curl.h>
#include <pthread.h>

enum {
	COOKIE_JAR_MAX = 32,           /* cookies kept; beyond that none are */
	COOKIE_JAR_OCTETS = 16 * 1024, /* all together, in libcurl's form */
};

struct cookie_jar {
	pthread_mutex_t lock;
	struct curl_slist *lines; /* guarded: lock; NULL: it is empty */
};

void cookie_jar_init(struct cookie_jar *j);
void cookie_jar_deinit(struct cookie_jar *j);

/* Before a request: the handle's cookies are those of the jar.  Thread: the
 * handle's. */
void cookie_jar_show(struct cookie_jar *j, CURL *curl);

/* After one whose reply has set some: the jar's are those of the handle.
 * Thread: the handle's. */
void cookie_jar_keep(struct cookie_jar *j, CURL *curl);

#endif
