#include "deliver/access.h"

static const char *text(const char *own, const char *other)
{
	return own != NULL ? own : other;
}

static unsigned choice(unsigned own, unsigned other)
{
	return own == ACCESS_INHERIT ? other : own == ACCESS_YES;
}

struct access_settings access_merge(const struct access_settings *backend,
	const struct access_settings *output)
{
	const struct access_settings *who =
		access_proves(backend) ? backend : output;
	const struct access_settings *cert =
		backend->tls_cert != NULL ? backend : output;

	return (struct access_settings){
		.token = who->token,
		.user = who->user,
		.password = who->password,
		.proxy = text(backend->proxy, output->proxy),
		.headers = backend->headers.n > 0 ? backend->headers
						  : output->headers,
		.tls_ca = text(backend->tls_ca, output->tls_ca),
		.tls_cert = cert->tls_cert,
		.tls_key = cert->tls_key,
		.tls_server_name =
			text(backend->tls_server_name, output->tls_server_name),
		.tls_insecure =
			choice(backend->tls_insecure, output->tls_insecure),
		.http2 = choice(backend->http2, output->http2),
	};
}

/* FNV-1a; a text ends with an octet that none has in it. */
static uint64_t add(uint64_t print, const char *text)
{
	for (; text != NULL && *text != '\0'; text++)
		print = (print ^ (unsigned char)*text) *
			UINT64_C(1099511628211);
	return (print ^ (text == NULL ? 0xff : 0)) * UINT64_C(1099511628211);
}

uint64_t access_print(const struct access_settings *merged)
{
	const char *const texts[] = { merged->token, merged->user,
		merged->password, merged->proxy, merged->tls_ca,
		merged->tls_cert, merged->tls_key, merged->tls_server_name,
		merged->tls_insecure ? "1" : "0", merged->http2 ? "1" : "0" };
	uint64_t print = UINT64_C(14695981039346656037);

	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++)
		print = add(print, texts[i]);
	for (size_t i = 0; i < merged->headers.n; i++)
		print = add(print, merged->headers.lines[i]);
	return print;
}
