#include "net/tls_keyring.h"

#include <string.h>

#include "sync/rcu.h"
#include "sync/ref.h"

static struct tls_stamp stamp_of(const char *path)
{
	struct tls_stamp s = { 0 };
	struct stat st;

	if (path != NULL && stat(path, &st) == 0)
		s = (struct tls_stamp){
			.dev = st.st_dev,
			.ino = st.st_ino,
			.size = st.st_size,
			.changed = st.st_mtim,
		};
	return s;
}

static bool same_stamp(const struct tls_stamp *a, const struct tls_stamp *b)
{
	return a->dev == b->dev && a->ino == b->ino && a->size == b->size &&
	       a->changed.tv_sec == b->changed.tv_sec &&
	       a->changed.tv_nsec == b->changed.tv_nsec;
}

/* Looks at all files.  Return: is one another than when we last looked? */
static bool files_changed(struct tls_keyring *k)
{
	const char *paths[] = {
		k->settings->cert,
		k->settings->key,
		k->settings->client_ca,
	};
	bool changed = false;

	for (unsigned i = 0; i < 3; i++) {
		struct tls_stamp now = stamp_of(paths[i]);

		if (!same_stamp(&now, &k->stamps[i]))
			changed = true;
		k->stamps[i] = now;
	}
	return changed;
}

int tls_keyring_init(struct tls_keyring *k, const struct tls_settings *settings,
	char *error, size_t cap)
{
	*k = (struct tls_keyring){ .settings = settings };
	/* looked at before they are read: a change in between is seen later */
	files_changed(k);
	return tls_credentials_load(&k->current, settings, error, cap);
}

void tls_keyring_replace(struct tls_keyring *k, struct tls_keyring *next)
{
	struct tls_credentials *former = k->current;

	k->settings = next->settings;
	memcpy(k->stamps, next->stamps, sizeof(k->stamps));
	rcu_publish(k->current, next->current);
	if (former != NULL)
		tls_credentials_retire(former);
	*next = (struct tls_keyring){ 0 };
}

void tls_keyring_deinit(struct tls_keyring *k)
{
	if (k->current != NULL)
		tls_credentials_put(k->current);
	*k = (struct tls_keyring){ 0 };
}

struct tls_credentials *tls_keyring_get(struct tls_keyring *k)
{
	struct tls_credentials *c;

	rcu_reading_start();
	c = rcu_get(k->current);
	ref_get(&c->ref);
	rcu_reading_end();
	return c;
}

int tls_keyring_refresh(
	struct tls_keyring *k, bool force, char *error, size_t cap)
{
	struct tls_credentials *former = k->current, *next;
	int r;

	if (!files_changed(k) && !force)
		return 0;
	r = tls_credentials_load(&next, k->settings, error, cap);
	if (r != 0)
		return r;
	rcu_publish(k->current, next);
	tls_credentials_retire(former);
	return KEYRING_E_CHANGED;
}
