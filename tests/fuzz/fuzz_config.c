/*
 * A configuration file and overrides, as an administrator mistypes them.
 *
 * The input is the file's text, then overrides PATH=VALUE, form feeds between
 * them.  Checks that a refusal always says why, and that settings printed are
 * settings accepted.
 */
#include "fuzz.h"

#include <errno.h>

#include "control/config.h"

enum { OVERRIDES_MAX = 8 };

/* What libconfig's scanner and parser leave behind after a syntax error. */
const char *__lsan_default_suppressions(void);
const char *__lsan_default_suppressions(void)
{
	return "leak:strbuf_append\nleak:libconfig_yylex\n"
	       "leak:libconfig_yyparse\n";
}

const char *__lsan_default_options(void);
const char *__lsan_default_options(void)
{
	return "print_suppressions=0";
}

/* Those would have files of this machine read. */
static bool names_files(const char *text)
{
	return strstr(text, "@include") != NULL ||
	       strstr(text, "token_file") != NULL;
}

/* Splits the input in place. */
static size_t split(char *text, struct config_override *overrides)
{
	size_t n = 0;
	char *save, *piece, *equals;

	text = strchr(text, '\f');
	if (text == NULL)
		return 0;
	*text++ = '\0';
	for (piece = strtok_r(text, "\f", &save);
		piece != NULL && n < OVERRIDES_MAX;
		piece = strtok_r(NULL, "\f", &save)) {
		equals = strchr(piece, '=');
		if (equals == NULL)
			continue;
		*equals = '\0';
		overrides[n++] = (struct config_override){ piece, equals + 1,
			"override", false };
	}
	return n;
}

static void check_print(const struct config *c)
{
	/* a mask is no secret, and a token from elsewhere is not printed */
	const struct config_override secrets[] = {
		{ "outputs.*.token", "t", "override", true },
		{ "outputs.*.proxy", "", "override", true },
	};
	struct config_source source = { .overrides = secrets,
		.n_overrides = 2 };
	struct buf text = BUF_NULL, error = BUF_NULL;
	struct config again;
	int r;

	config_print(c, &text);
	source.text = buf_str(&text);
	r = config_load(&again, &source, &error);
	if (r != 0)
		fprintf(stderr, "%s\n%s\n", buf_str(&text), buf_str(&error));
	FUZZ_CHECK(r == 0);
	FUZZ_CHECK(again.n_outputs == c->n_outputs);
	FUZZ_CHECK(again.intake.n_listeners == c->intake.n_listeners);
	FUZZ_CHECK(again.intake.max_frame == c->intake.max_frame);
	config_deinit(&again);
	buf_deinit(&text);
	buf_deinit(&error);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct config_override overrides[OVERRIDES_MAX];
	struct config_source source = { .overrides = overrides };
	struct buf error = BUF_NULL;
	struct config c;
	char *text = malloc(size + 1);
	int r;

	if (text == NULL)
		abort();
	if (size > 0)
		memcpy(text, data, size);
	text[size] = '\0';
	if (names_files(text)) {
		free(text);
		return 0;
	}
	source.n_overrides = split(text, overrides);
	source.text = text;
	r = config_load(&c, &source, &error);
	if (r == 0)
		check_print(&c);
	else
		FUZZ_CHECK(r == -EINVAL && error.len > 0);
	config_deinit(&c);
	buf_deinit(&error);
	free(text);
	return 0;
}
