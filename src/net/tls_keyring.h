/*
 * TLS keyring: the credentials in force at one listener.
 *
 * Sessions that begin take what is in force then and keep it to their end; a
 * reload puts other credentials in its place and disturbs none of them.
 */
#ifndef TAPFERRY_NET_TLS_KEYRING_H
#define TAPFERRY_NET_TLS_KEYRING_H

#include <stdbool.h>
#include <sys/stat.h>
#include <time.h>

#include "net/tls_credentials.h"

enum {
	KEYRING_E_CHANGED = 1, /* new credentials are in force */
};

/* What is known of a file without reading it; all zero: not there. */
struct tls_stamp {
	dev_t dev;
	ino_t ino;
	off_t size;
	struct timespec changed;
};

struct tls_keyring {
	const struct tls_settings *settings; /* owner: main; NULL: no TLS */
	struct tls_credentials *current;     /* rcu */
	struct tls_stamp
		stamps[3]; /* owner: main; of the files last looked at */
};

/*
 * Loads what the settings name.  Thread: main.
 * Return: 0 or as tls_credentials_load(), with *error written.
 */
int tls_keyring_init(struct tls_keyring *k, const struct tls_settings *settings,
	char *error, size_t cap);

/*
 * tls_keyring_replace() - other settings, with what was loaded for them
 * @next:  initialised with them; taken and zeroed
 *
 * Sessions there are keep what they began with.  Thread: main.
 */
void tls_keyring_replace(struct tls_keyring *k, struct tls_keyring *next);

/* Does nothing for one that is zeroed.  No reader is left. */
void tls_keyring_deinit(struct tls_keyring *k);

/*
 * The credentials in force, with a reference for the caller.
 * Thread: any that is registered with RCU.
 */
struct tls_credentials *tls_keyring_get(struct tls_keyring *k);

/*
 * tls_keyring_refresh() - load again, if a file is another than before
 * @force:  even if none is
 *
 * On failure the old credentials stay in force, and the files are not tried
 * again until one of them changes.
 *
 * Thread: main.
 * Return: 0: nothing new; KEYRING_E_CHANGED; or as tls_credentials_load(), with
 * *error written.
 */
int tls_keyring_refresh(
	struct tls_keyring *k, bool force, char *error, size_t cap);

#endif
