#include "monitor/connections.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "monitor/snapshot.h"

enum step { HEAD, BODY, TAIL, END };

struct connections {
	const struct monitor_view *view;     /* const */
	struct census_list list;             /* owned */
	struct listener_snapshot *listeners; /* owned: their names */
	size_t n_listeners;
	uint64_t mono_ns;
	size_t next; /* of the list */
	enum step step;
	struct jbuf json; /* into `text` */
	struct buf text;  /* written, and not read yet */
};

int connections_new(struct connections **cp, const struct monitor_view *v,
	struct census_list *list, uint64_t mono_ns)
{
	struct connections *c = calloc(1, sizeof(*c));

	if (c == NULL || snapshot_listeners(&c->listeners, &c->n_listeners,
				 v->intake) != 0) {
		free(c);
		return -ENOMEM;
	}
	c->view = v;
	c->list = *list;
	*list = (struct census_list){ 0 };
	c->mono_ns = mono_ns;
	c->json = JBUF_INIT(&c->text);
	*cp = c;
	return 0;
}

struct connections *connections_free(struct connections *c)
{
	if (c == NULL)
		return NULL;
	free(c->list.entries);
	free(c->listeners);
	buf_deinit(&c->text);
	free(c);
	return NULL;
}

static double seconds_since(const struct connections *c, uint64_t mono_ns)
{
	return c->mono_ns > mono_ns
		       ? (double)(c->mono_ns - mono_ns) / (double)NS_PER_S
		       : 0;
}

/* NULL: it is newer than this answer. */
static const char *listener_name(const struct connections *c, unsigned gate)
{
	for (size_t i = 0; i < c->n_listeners; i++)
		if (c->listeners[i].gate == gate)
			return c->listeners[i].name;
	return NULL;
}

static void write_one(struct connections *c, const struct census_entry *e)
{
	struct jbuf *j = &c->json;
	struct conn_info i;

	if (!registry_find(intake_registry(c->view->intake), e->id, &i))
		return;
	jbuf_open(j, NULL, '{');
	jbuf_u64(j, "id", i.id);
	jbuf_text(j, "listener", listener_name(c, i.listener));
	jbuf_text(j, "peer", i.peer_text);
	jbuf_text(j, "state", conn_state_text(i.state));
	if (i.tls_version != NULL) {
		jbuf_text(j, "tls", i.tls_version);
		if (i.tls_subject[0] != '\0')
			jbuf_text(j, "subject", i.tls_subject);
	}
	if (i.identity_len != 0)
		jbuf_slice(
			j, "identity", slice_from(i.identity, i.identity_len));
	if (i.version_len != 0)
		jbuf_slice(j, "version", slice_from(i.version, i.version_len));
	jbuf_real(j, "rate", (double)e->rate);
	jbuf_real(j, "byte_rate", (double)e->byte_rate);
	jbuf_u64(j, "messages", i.messages);
	jbuf_u64(j, "octets", i.octets);
	jbuf_u64(j, "errors", i.errors);
	jbuf_real(j, "age_seconds", seconds_since(c, i.connected_ns));
	jbuf_real(j, "quiet_seconds", seconds_since(c, i.quiet_ns));
	jbuf_close(j, '}');
}

/* Writes some more into the text. */
static void go_on(struct connections *c)
{
	struct jbuf *j = &c->json;

	switch (c->step) {
	case HEAD:
		jbuf_open(j, NULL, '{');
		jbuf_u64(j, "total", c->list.total);
		jbuf_u64(j, "listed", c->list.n);
		jbuf_open(j, "connections", '[');
		c->step = BODY;
		break;
	case BODY:
		if (c->next < c->list.n)
			write_one(c, &c->list.entries[c->next++]);
		else
			c->step = TAIL;
		break;
	case TAIL:
		jbuf_close(j, ']');
		jbuf_close(j, '}');
		buf_add_str(&c->text, "\n");
		c->step = END;
		break;
	case END:
		break;
	}
}

ssize_t connections_read(struct connections *c, char *into, size_t max)
{
	struct buf *text = &c->text;
	size_t n;

	while (text->len < max && c->step != END)
		go_on(c);
	if (buf_failed(text))
		return -ENOMEM;
	n = text->len < max ? text->len : max;
	if (n == 0)
		return 0;
	memcpy(into, text->data, n);
	memmove(text->data, text->data + n, text->len - n);
	text->len -= n;
	return (ssize_t)n;
}
