#include "monitor/page.h"

#include <errno.h>
#include <gnutls/crypto.h>
#include <gnutls/gnutls.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "monitor/readiness.h"

extern const unsigned char page_source[]; /* made from page.html */
extern const size_t page_source_len;

enum {
	DIGEST = 32,          /* octets of SHA-256 */
	DIGEST_TEXT_MAX = 64, /* "sha256-" and base64 */
};

/* What is between two marks, each of which is there once. */
static int between(
	struct slice in, const char *open, const char *close, struct slice *out)
{
	const uint8_t *a = memmem(in.data, in.len, open, strlen(open)), *b;

	if (a == NULL)
		return -EINVAL;
	a += strlen(open);
	b = memmem(a, in.len - (size_t)(a - in.data), close, strlen(close));
	if (b == NULL)
		return -EINVAL;
	*out = slice_from(a, (size_t)(b - a));
	return 0;
}

/* As a policy names it: "sha256-...". */
static int digest_text(struct slice of, char text[DIGEST_TEXT_MAX])
{
	uint8_t digest[DIGEST];
	gnutls_datum_t raw = { .data = digest, .size = DIGEST }, base64;
	int r = gnutls_hash_fast(GNUTLS_DIG_SHA256, of.data, of.len, digest);

	if (r == 0)
		r = gnutls_base64_encode2(&raw, &base64);
	if (r != 0)
		return -EINVAL;
	snprintf(text, DIGEST_TEXT_MAX, "sha256-%.*s", (int)base64.size,
		(const char *)base64.data);
	gnutls_free(base64.data);
	return 0;
}

int page_init(struct page *p)
{
	static const char mark[] = "<!-- tables -->";
	struct slice all = slice_from(page_source, page_source_len);
	struct slice style, script;
	char style_digest[DIGEST_TEXT_MAX], script_digest[DIGEST_TEXT_MAX];
	const uint8_t *at = memmem(all.data, all.len, mark, strlen(mark));
	int r;

	if (at == NULL)
		return -EINVAL;
	p->before = slice_from(all.data, (size_t)(at - all.data));
	p->after = slice_from(
		at + strlen(mark), all.len - p->before.len - strlen(mark));
	r = between(all, "<style>", "</style>", &style);
	if (r == 0)
		r = between(all, "<script>", "</script>", &script);
	if (r == 0)
		r = digest_text(style, style_digest);
	if (r == 0)
		r = digest_text(script, script_digest);
	if (r != 0)
		return r;
	snprintf(p->policy, sizeof(p->policy),
		"default-src 'none'; style-src '%s'; script-src '%s'; "
		"connect-src 'self'; img-src data:; base-uri 'none'; "
		"form-action 'none'; frame-ancestors 'none'",
		style_digest, script_digest);
	return 0;
}

static void row(struct buf *out, const char *name, uint64_t value)
{
	buf_printf(out,
		"<tr><th scope=\"row\">%s</th><td>%" PRIu64 "</td></tr>\n",
		name, value);
}

static void add_output(struct buf *out, const struct output_snapshot *o)
{
	const struct ledger *l = &o->ledger;

	/* a name is letters, digits, '_' and '-': nothing to escape */
	buf_printf(out, "<table><caption>Output %s</caption>\n",
		o->settings->feed.name);
	row(out, "received", l->received);
	row(out, "delivered", l->delivered);
	row(out, "filtered", l->filtered);
	row(out, "dropped", l->dropped);
	row(out, "dead-lettered", l->dead_lettered);
	row(out, "in memory", l->in_memory);
	row(out, "in the spool", l->in_spool);
	if (o->has_reader)
		row(out, "readers now", o->reader.there);
	buf_add_str(out, "</table>\n");
}

/* For browsers without scripts. */
static void add_tables(struct buf *out, const struct snapshot *s)
{
	struct buf why = BUF_NULL;

	readiness_explain(s, &why);
	buf_printf(out, "<p>%s%s</p>\n",
		s->stuck != NULL ? "A thread does not get on. " : "",
		why.len == 0 ? "Ready." : "Not ready:");
	if (why.len != 0)
		buf_printf(out, "<pre>%s</pre>\n", buf_str(&why));
	buf_deinit(&why);
	buf_add_str(out,
		"<table><caption>tapferryd " PACKAGE_VERSION "</caption>\n");
	row(out, "seconds since the start", (uint64_t)s->uptime_seconds);
	row(out, "connections", s->connections);
	row(out, "events a second", (uint64_t)s->receive_rate);
	row(out, "events received", s->intake[INTAKE_RECEIVED]);
	buf_add_str(out, "</table>\n");
	for (size_t i = 0; i < s->n_outputs; i++)
		add_output(out, &s->outputs[i]);
}

void page_write(const struct page *p, const struct snapshot *s, struct buf *out)
{
	buf_add(out, p->before.data, p->before.len);
	add_tables(out, s);
	buf_add(out, p->after.data, p->after.len);
}
