/* What the tests of the configuration share: load a text, look at the result.
 */
#ifndef TESTS_UNIT_CONTROL_LOAD_H
#define TESTS_UNIT_CONTROL_LOAD_H

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "control/config.h"

#define LISTENERS "listeners = ( { name = \"l\"; address = \"/run/l\"; } );\n"
#define TCP                              \
	"listeners = ( { name = \"l\"; " \
	"address = \"tcp://127.0.0.1:1\";\n"
#define STDOUT "outputs = ( { name = \"o\"; type = \"stdout\"; } );\n"
#define TLS(settings)                                                     \
	"listeners = ( { name = \"l\"; address = \"tls://127.0.0.1:1\"; " \
	"tls = { " settings " }; } );" STDOUT
#define HEC                                            \
	"outputs = ( { name = \"h\"; type = \"hec\"; " \
	"backends = ( { url = \"https://a:8088\"; } );\n"
#define HTTP                                            \
	"outputs = ( { name = \"w\"; type = \"http\"; " \
	"backends = ( { url = \"https://a/b?c=d\"; } );\n"
#define TOKEN "token = \"t0ken\";\n"

/* of the test under way; check runs each in a process of its own */
static struct config config;
static struct buf error = BUF_NULL;

static inline int load_with(
	const char *text, const struct config_override *overrides, size_t n)
{
	struct config_source source = {
		.file = "test.conf",
		.text = text,
		.overrides = overrides,
		.n_overrides = n,
	};

	return config_load(&config, &source, &error);
}

static inline int load(const char *text)
{
	return load_with(text, NULL, 0);
}

static inline void load_teardown(void)
{
	config_deinit(&config);
	buf_deinit(&error);
}

/* The text must be wrong, and the message have all of what is asked for. */
#define assert_wrong(text, message)                                     \
	do {                                                            \
		ck_assert_int_eq(load(text), -EINVAL);                  \
		ck_assert_msg(strstr(buf_str(&error), message) != NULL, \
			"no \"%s\" in:\n%s", message, buf_str(&error)); \
		buf_clear(&error);                                      \
	} while (0)

#define assert_loads(text)                                     \
	do {                                                   \
		int r_ = load(text);                           \
		ck_assert_msg(r_ == 0, "%s", buf_str(&error)); \
	} while (0)

#endif
