#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lib/replay.h"

enum { MAX_FRAME = 256 * 1024 };

static int read_all(const char *path, uint8_t **data, size_t *len)
{
	FILE *f = fopen(path, "rb");
	struct stat st;

	if (f == NULL)
		return -errno;
	if (fstat(fileno(f), &st) < 0) {
		fclose(f);
		return -EIO;
	}
	*data = malloc((size_t)st.st_size + 1);
	*len = *data == NULL ? 0 : fread(*data, 1, (size_t)st.st_size, f);
	fclose(f);
	return *data == NULL ? -ENOMEM : 0;
}

int replay_open(struct replay *r, const char *path)
{
	size_t len = 0;
	int e;

	*r = REPLAY_NULL;
	e = read_all(path, &r->data, &len);
	if (e != 0)
		return e;
	r->rest = slice_from(r->data, len);
	r->cutter = FRAME_CUTTER_INIT(MAX_FRAME);
	r->handshake = HANDSHAKE_INIT;
	return 0;
}

void replay_close(struct replay *r)
{
	free(r->data);
	*r = REPLAY_NULL;
}

int replay_next(struct replay *r, struct slice *payload)
{
	for (;;) {
		struct frame frame;
		int e = frame_next(&r->cutter, &r->rest, &frame);

		if (e == FRAME_E_SKIPPED) {
			r->skipped++;
			continue;
		}
		if (e == FRAME_E_MORE)
			return REPLAY_E_END;
		if (e != 0)
			return REPLAY_E_BROKEN;
		if (!frame.control) {
			if (handshake_data(&r->handshake) != 0)
				return REPLAY_E_BROKEN;
			*payload = frame.payload;
			return 0;
		}
		switch (handshake_control(&r->handshake, frame.payload)) {
		case 0:
		case HANDSHAKE_E_ACCEPT:
			break;
		case HANDSHAKE_E_FINISH:
		case HANDSHAKE_E_CLOSE:
			return REPLAY_E_END;
		default:
			return REPLAY_E_BROKEN;
		}
	}
}

static const char *env_or(const char *name, const char *otherwise)
{
	const char *value = getenv(name);

	return value != NULL && value[0] != '\0' ? value : otherwise;
}

const char *replay_corpus(const char *name)
{
	static char path[PATH_MAX];
	const char *corpus = env_or("TAPFERRY_CORPUS", NULL);
	const char *srcdir = env_or("srcdir", ".");

	if (corpus != NULL)
		snprintf(path, sizeof(path), "%s/%s", corpus, name);
	else
		snprintf(path, sizeof(path), "%s/../shared/corpus/%s", srcdir,
			name);
	return access(path, R_OK) == 0 ? path : NULL;
}

const char *replay_data(const char *name)
{
	static char path[PATH_MAX];

	snprintf(path, sizeof(path), "%s/tests/data/%s", env_or("srcdir", "."),
		name);
	return path;
}
