/*
 * Runs stored inputs through a fuzz target.
 *
 *	fuzz_x [FILE | FOLDER]...
 *
 * Without arguments, as `make check` calls it: tests/fuzz/corpus/x of the
 * source tree ($srcdir), and the hostile files of the shared corpus where
 * there is one.
 */
#include "fuzz.h"

#include <dirent.h>
#include <limits.h>
#include <sys/stat.h>

static unsigned replayed;

static void replay_file(const char *path, size_t size)
{
	uint8_t *data = malloc(size > 0 ? size : 1);
	FILE *in = fopen(path, "rb");

	if (in == NULL || data == NULL || fread(data, 1, size, in) != size) {
		fprintf(stderr, "%s: cannot be read\n", path);
		exit(99);
	}
	fclose(in);
	printf("%s\n", path);
	fflush(stdout); /* a crash leaves the name of its input behind */
	LLVMFuzzerTestOneInput(data, size);
	free(data);
	replayed++;
}

static void replay_folder(const char *path)
{
	DIR *folder = opendir(path);
	struct dirent *entry;
	struct stat st;

	if (folder == NULL) {
		fprintf(stderr, "%s: cannot be read\n", path);
		exit(99);
	}
	while ((entry = readdir(folder)) != NULL) {
		char file[PATH_MAX];

		snprintf(file, sizeof(file), "%s/%s", path, entry->d_name);
		if (stat(file, &st) == 0 && S_ISREG(st.st_mode))
			replay_file(file, (size_t)st.st_size);
	}
	closedir(folder);
}

static int replay(const char *path)
{
	struct stat st;

	if (stat(path, &st) != 0)
		return -1;
	if (S_ISDIR(st.st_mode))
		replay_folder(path);
	else
		replay_file(path, (size_t)st.st_size);
	return 0;
}

static void replay_stored(const char *program)
{
	const char *srcdir = getenv("srcdir");
	const char *shared = getenv("TAPFERRY_CORPUS");
	const char *name = strrchr(program, '/');
	char path[PATH_MAX];

	name = name == NULL ? program : name + 1;
	if (strncmp(name, "fuzz_", 5) == 0)
		name += 5;
	if (srcdir == NULL)
		srcdir = ".";
	snprintf(path, sizeof(path), "%s/tests/fuzz/corpus/%s", srcdir, name);
	if (replay(path) != 0) {
		fprintf(stderr, "%s: is missing\n", path);
		exit(99);
	}
	if (shared == NULL)
		snprintf(path, sizeof(path), "%s/../shared/corpus/malformed",
			srcdir);
	else
		snprintf(path, sizeof(path), "%s/malformed", shared);
	replay(path);
}

int main(int argc, char **argv)
{
	if (argc == 1)
		replay_stored(argv[0]);
	for (int i = 1; i < argc; i++) {
		if (replay(argv[i]) != 0) {
			fprintf(stderr, "%s: is missing\n", argv[i]);
			return 99;
		}
	}
	printf("%u inputs\n", replayed);
	return replayed > 0 ? 0 : 99;
}
