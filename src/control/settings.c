#include "control/settings.h"

#include <string.h>

#include "base/log.h"

/* The order of the names in settings.def is the order of these. */
_Static_assert(LOG_LEVEL_ERROR == 0 && LOG_LEVEL_WARN == 1 &&
		       LOG_LEVEL_INFO == 2 && LOG_LEVEL_DEBUG == 3,
	"log.level");
_Static_assert(OUTPUT_TYPE_STDOUT == 0 && OUTPUT_TYPE_FILE == 1 &&
		       OUTPUT_TYPE_PIPE == 2 && OUTPUT_TYPE_SOCKET == 3,
	"outputs[].type");
_Static_assert(LOG_TARGET_STDERR == 0 && LOG_TARGET_JOURNAL == 1 &&
		       LOG_TARGET_SYSLOG == 2,
	"log.target");
_Static_assert(
	ENVELOPE_NDJSON == 0 && ENVELOPE_SYSLOG == 1, "outputs[].format");
_Static_assert(METHOD_POST == 0 && METHOD_PUT == 1, "outputs[].method");
_Static_assert(FORMAT_NDJSON == 0 && FORMAT_ARRAY == 1, "outputs[].format");
_Static_assert(BALANCE_ROUND_ROBIN == 0 && BALANCE_LEAST_CONNECTIONS == 1 &&
		       BALANCE_RANDOM == 2 && BALANCE_POWER_OF_TWO == 3,
	"outputs[].balance");
_Static_assert(
	COMPRESSION_NONE == 0 && COMPRESSION_GZIP == 1 && COMPRESSION_ZSTD == 2,
	"outputs[].compression");
_Static_assert(DIALECT_NATIVE == 0 && DIALECT_CIM == 1, "outputs[].dialect");
_Static_assert(RAW_NEVER == 0 && RAW_MALFORMED == 1 && RAW_ALWAYS == 2,
	"outputs[].include_raw");
_Static_assert(OVERFLOW_DROP == 0 && OVERFLOW_BLOCK == 1, "outputs[].overflow");

_Static_assert(TLS_CLIENT_AUTO == 0 && TLS_CLIENT_NONE == 1 &&
		       TLS_CLIENT_OPTIONAL == 2 && TLS_CLIENT_REQUIRED == 3,
	"listeners[].tls.client_auth");

const struct scope scopes[SCOPE_COUNT] = {
#define SCOPE(id, parent, key, kind, fits, help) \
	{ SCOPE_##id, SCOPE_##parent, key, SCOPE_IS_##kind, FITS_##fits, help },
#define SETTING(...)
#include "control/settings.def"
#undef SCOPE
#undef SETTING
};

/* The struct that a scope's fields are in. */
#define ACK_VALUES            struct output_values
#define TOP_VALUES            struct main_values
#define LIMITS_VALUES         struct main_values
#define SHUTDOWN_VALUES       struct main_values
#define LOG_VALUES            struct main_values
#define MONITOR_VALUES        struct main_values
#define CONTROL_VALUES        struct main_values
#define SANDBOX_VALUES        struct main_values
#define MONITOR_TLS_VALUES    struct main_values
#define LISTENER_VALUES       struct listener_values
#define KEEPALIVE_VALUES      struct listener_values
#define LISTENER_TLS_VALUES   struct listener_values
#define OUTPUT_VALUES         struct output_values
#define BATCH_VALUES          struct output_values
#define BACKEND_VALUES        struct backend_settings
#define BACKEND_TLS_VALUES    struct backend_settings
#define RETRY_VALUES          struct output_values
#define BREAKER_VALUES        struct output_values
#define ADAPTIVE_VALUES       struct output_values
#define OUTLIER_VALUES        struct output_values
#define HEALTH_VALUES         struct output_values
#define TLS_VALUES            struct output_values
#define SPOOL_VALUES          struct output_values
#define DEAD_LETTER_VALUES    struct output_values
#define POOL_VALUES           struct output_values
#define POOL_KEEPALIVE_VALUES struct output_values
#define ROTATE_VALUES         struct output_values
#define SYSLOG_VALUES         struct output_values

const struct setting settings[] = {
#define SCOPE(...)
#define SETTING(scope, key, type, unit, def, allowed, fits, field, help) \
	{ SCOPE_##scope, #key, SETTING_##type, unit, def, allowed,       \
		FITS_##fits, offsetof(scope##_VALUES, field),            \
		sizeof(((scope##_VALUES *)NULL)->field), help },
#include "control/settings.def"
#undef SCOPE
#undef SETTING
};
const size_t n_settings = sizeof(settings) / sizeof(settings[0]);

const struct setting *setting_find(
	enum setting_scope scope, const char *key, unsigned fits)
{
	for (size_t i = 0; i < n_settings; i++)
		if (settings[i].scope == scope && settings[i].fits & fits &&
			strcmp(settings[i].key, key) == 0)
			return &settings[i];
	return NULL;
}

const struct scope *scope_find(
	enum setting_scope parent, const char *key, unsigned fits)
{
	for (unsigned i = SCOPE_TOP + 1; i < SCOPE_COUNT; i++)
		if (scopes[i].parent == parent && scopes[i].fits & fits &&
			strcmp(scopes[i].key, key) == 0)
			return &scopes[i];
	return NULL;
}

bool setting_quoted(enum setting_type type)
{
	return type != SETTING_INT && type != SETTING_BOOL;
}

unsigned setting_fits(enum setting_scope scope, const char *key)
{
	unsigned fits = 0;

	for (size_t i = 0; i < n_settings; i++)
		if (settings[i].scope == scope &&
			strcmp(settings[i].key, key) == 0)
			fits |= settings[i].fits;
	for (unsigned i = SCOPE_TOP + 1; i < SCOPE_COUNT; i++)
		if (scopes[i].parent == scope &&
			strcmp(scopes[i].key, key) == 0)
			fits |= scopes[i].fits;
	return fits;
}

const char *setting_owners(unsigned fits)
{
	static const struct {
		unsigned fits;
		const char *text;
	} owners[] = { { FITS_UNIX, "listeners on a unix socket" },
		{ FITS_TLS, "listeners with a tls:// address" },
		{ FITS_TCP, "listeners on TCP" },
		{ FITS_UNIX | FITS_TCP, "listeners" },
		{ FITS_FILE, "outputs of type file" },
		{ FITS_PIPE, "outputs of type pipe" },
		{ FITS_SOCKET, "outputs of type socket" },
		{ FITS_LOCAL, "outputs of type pipe or socket" },
		{ FITS_FILE | FITS_PIPE, "outputs of type file or pipe" },
		{ FITS_FILE | FITS_LOCAL,
			"outputs of type file, pipe or socket" },
		{ FITS_LINES, "outputs of type stdout, file, pipe or socket" },
		{ FITS_REMOTE,
			"outputs of type " COLLECTORS(COLLECTOR_NAME, " or ") },
		{ FITS_AWAITED, "outputs of type pipe or socket or " COLLECTORS(
					COLLECTOR_NAME, " or ") },
		{ FITS_LINES | FITS_HTTP,
			"outputs of type stdout, file, pipe, socket or http" },
#define OWNER(id, name) { FITS_##id, "outputs of type " #name },
		COLLECTORS(OWNER, )
#undef OWNER
	};

	for (size_t i = 0; i < sizeof(owners) / sizeof(owners[0]); i++)
		if (owners[i].fits == fits)
			return owners[i].text;
	return fits & FITS_LINES ? "some outputs" : "some listeners";
}

const char *setting_type_name(enum setting_type type)
{
	static const char *const names[] = {
		[SETTING_STRING] = "text",
		[SETTING_SECRET] = "secret",
		[SETTING_PASSWORD] = "secret",
		[SETTING_NAME] = "name",
		[SETTING_PATH] = "path",
		[SETTING_URL] = "URL",
		[SETTING_PROXY] = "URL",
		[SETTING_ADDRESS] = "address",
		[SETTING_ENDPOINT] = "address",
		[SETTING_NETWORKS] = "networks",
		[SETTING_HEADERS] = "headers",
		[SETTING_MODE] = "octal mode",
		[SETTING_ENUM] = "word",
		[SETTING_BOOL] = "true or false",
		[SETTING_INT] = "number",
		[SETTING_DURATION] = "duration",
		[SETTING_SIZE] = "size",
	};

	return names[type];
}
