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
