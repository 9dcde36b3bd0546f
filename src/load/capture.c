#include "load/capture.h"

#include <errno.h>
#include <fcntl.h>
#include <fstrm.h>
#include <stdbool.h>
#include <unistd.h>

#include "wire/handshake.h"

/* libfstrm opens by path and does not say why it could not. */
static int check_readable(const char *path)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);

	if (fd < 0)
		return -errno;
	close(fd);
	return 0;
}

static struct fstrm_reader *open_reader(const char *path)
{
	struct fstrm_file_options *file = fstrm_file_options_init();
	struct fstrm_reader_options *options = fstrm_reader_options_init();
	struct fstrm_reader *reader = NULL;

	fstrm_file_options_set_file_path(file, path);
	fstrm_reader_options_add_content_type(options, HANDSHAKE_CONTENT_TYPE,
		sizeof(HANDSHAKE_CONTENT_TYPE) - 1);
	reader = fstrm_file_reader_init(file, options);
	fstrm_file_options_destroy(&file);
	fstrm_reader_options_destroy(&options);
	return reader;
}

/* A file may end like a closed connection, in the middle of a frame or behind
 * one: libfstrm says stop to both. */
static bool saw_stop(struct fstrm_reader *reader)
{
	const struct fstrm_control *control;

	return fstrm_reader_get_control(reader, FSTRM_CONTROL_STOP, &control) ==
		       fstrm_res_success &&
	       control != NULL;
}

int capture_read(struct tape *t, const char *path)
{
	struct fstrm_reader *reader;
	fstrm_res res;
	const uint8_t *data;
	size_t len;
	int r = check_readable(path);

	if (r != 0)
		return r;
	reader = open_reader(path);
	if (reader == NULL)
		return -ENOMEM;
	if (fstrm_reader_open(reader) != fstrm_res_success) {
		r = CAPTURE_E_FORMAT;
		goto out;
	}
	while (r == 0 && (res = fstrm_reader_read(reader, &data, &len)) ==
				 fstrm_res_success)
		r = tape_add(t, slice_from(data, len));
	if (r == 0 && (res != fstrm_res_stop || !saw_stop(reader)))
		r = CAPTURE_E_CUT;
out:
	fstrm_reader_destroy(&reader);
	return r;
}
