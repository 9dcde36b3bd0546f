#include "ctl/top.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <termios.h>
#include <time.h>
#include <unistd.h>

#include "ctl/grid.h"
#include "ctl/words.h"

enum {
	ROWS_DEFAULT = 24,
	COLUMNS_DEFAULT = 80,
	ROWS_ABOVE = 8, /* of the connections, besides a row an output */
};

static volatile sig_atomic_t over;
static struct termios before;

static void on_signal(int signo)
{
	(void)signo;
	over = 1;
}

static int ask(struct client_link *link, json_t *request, json_t **result)
{
	json_t *reply = NULL;
	int r = client_ask(link, request, &reply);

	json_decref(request);
	if (r != 0)
		return r;
	*result = json_incref(json_object_get(reply, "result"));
	if (*result == NULL) {
		buf_printf(&link->error, "%s: %s", words_text(reply, "error"),
			words_text(reply, "cure"));
		r = CTL_REFUSED;
	}
	json_decref(reply);
	return r;
}

static const json_t *find_output(const json_t *status, const char *name)
{
	const json_t *o;
	size_t i;

	json_array_foreach(words_at(status, "outputs"), i, o)
	{
		const char *other = words_text(o, "name");

		if (name != NULL && other != NULL && strcmp(name, other) == 0)
			return o;
	}
	return NULL;
}

/* A second, of what was counted between two looks. */
static double rate(
	const json_t *now, const json_t *then, const char *path, double seconds)
{
	unsigned long long a = words_count(then, path);
	unsigned long long b = words_count(now, path);

	return then != NULL && b > a && seconds > 0 ? (double)(b - a) / seconds
						    : 0;
}

static void draw_outputs(
	const json_t *now, const json_t *then, size_t width, struct buf *out)
{
	double seconds = words_real(now, "uptime_seconds") -
			 words_real(then, "uptime_seconds");
	const json_t *o;
	struct grid g;
	size_t i;

	grid_init(&g, "OUTPUT|>DELIVERED/S|>DROPPED/S|>IN MEMORY|>IN SPOOL|"
		      ">BATCHES QUEUED|>DELAY P99|STATE");
	json_array_foreach(words_at(now, "outputs"), i, o)
	{
		const json_t *was = find_output(then, words_text(o, "name"));
		char text[WORDS_MAX];

		grid_text(&g, words_text(o, "name"));
		grid_format(
			&g, "%.0f", rate(o, was, "ledger.delivered", seconds));
		grid_format(
			&g, "%.0f", rate(o, was, "ledger.dropped", seconds));
		grid_number(&g, words_count(o, "ledger.in_memory"));
		grid_number(&g, words_count(o, "ledger.in_spool"));
		grid_format(&g, "%llu/%llu", words_count(o, "queue.batches"),
			words_count(o, "queue.limit"));
		grid_text(&g, show_delay(text, o));
		grid_text(&g, show_state(o));
	}
	grid_print(&g, width, out);
	grid_deinit(&g);
}

/* Both parts of a page. */
static int look(struct client_link *link, const struct verb_line *l,
	size_t rows, json_t **status, json_t **connections)
{
	int r = ask(link, json_pack("{s:s}", "command", "status"), status);
	size_t outputs, room;

	if (r != 0)
		return r;
	outputs = json_array_size(words_at(*status, "outputs"));
	room = rows > ROWS_ABOVE + outputs ? rows - ROWS_ABOVE - outputs : 1;
	return ask(link,
		json_pack("{s:s, s:s, s:I}", "command", "connections", "sort",
			l->sort != NULL ? l->sort : "rate", "limit",
			(json_int_t)room),
		connections);
}

/* One look, and the page.  *then becomes this look. */
static int draw(struct client_link *link, const struct verb_line *l,
	json_t **then, size_t rows, size_t width, struct buf *out)
{
	json_t *status = NULL, *connections = NULL;
	int r = look(link, l, rows, &status, &connections);

	if (r == 0) {
		show_head(status, out);
		buf_add_str(out, "\n");
		draw_outputs(status, *then, width, out);
		buf_add_str(out, "\n");
		show_connections_in(connections, width, out);
	}
	json_decref(connections);
	json_decref(*then);
	*then = status;
	return r;
}

/* To the end of each line, so that nothing of the page before stays. */
static void put_page(const struct buf *page)
{
	struct buf out = BUF_NULL;

	buf_add_str(&out, "\033[H");
	for (size_t i = 0; i < page->len; i++) {
		if (page->data[i] == '\n')
			buf_add_str(&out, "\033[K");
		buf_add(&out, page->data + i, 1);
	}
	buf_add_str(&out, "\033[J");
	fwrite(buf_str(&out), 1, out.len, stdout);
	fflush(stdout);
	buf_deinit(&out);
}

static void size_of_terminal(size_t *rows, size_t *columns)
{
	struct winsize w;

	*rows = ROWS_DEFAULT;
	*columns = COLUMNS_DEFAULT;
	if (ioctl(STDOUT_FILENO, TIOCGWINSZ, &w) == 0 && w.ws_row > 0 &&
		w.ws_col > 0) {
		*rows = w.ws_row;
		*columns = w.ws_col;
	}
}

/* Return: was it q, or the end of the input? */
static int key_pressed(int timeout_ms)
{
	struct pollfd p = { .fd = STDIN_FILENO, .events = POLLIN };
	char c = 0;

	if (poll(&p, 1, timeout_ms) <= 0)
		return 0;
	return read(STDIN_FILENO, &c, 1) <= 0 || c == 'q' || c == 'Q';
}

static void enter_screen(void)
{
	struct sigaction a = { .sa_handler = on_signal };
	struct termios raw;

	sigaction(SIGINT, &a, NULL);
	sigaction(SIGTERM, &a, NULL);
	sigaction(SIGHUP, &a, NULL);
	tcgetattr(STDIN_FILENO, &before);
	raw = before;
	raw.c_lflag &= (tcflag_t) ~(ICANON | ECHO);
	tcsetattr(STDIN_FILENO, TCSANOW, &raw);
	/* the other screen, without a cursor */
	fputs("\033[?1049h\033[?25l", stdout);
}

static void leave_screen(void)
{
	fputs("\033[?25h\033[?1049l", stdout);
	fflush(stdout);
	tcsetattr(STDIN_FILENO, TCSANOW, &before);
}

static int run_live(
	struct client_link *link, const struct verb_line *l, int interval_ms)
{
	json_t *then = NULL;
	int r = 0;

	enter_screen();
	while (r == 0 && !over) {
		struct buf page = BUF_NULL;
		size_t rows, columns;

		size_of_terminal(&rows, &columns);
		r = draw(link, l, &then, rows, columns, &page);
		if (r == 0)
			put_page(&page);
		buf_deinit(&page);
		if (r == 0 && key_pressed(interval_ms))
			break;
	}
	leave_screen();
	json_decref(then);
	return r;
}

static void rest(int interval_ms)
{
	const struct timespec pause = { .tv_sec = interval_ms / 1000,
		.tv_nsec = interval_ms % 1000 * 1000000L };

	nanosleep(&pause, NULL);
}

/* Rates need two looks. */
static int run_once(
	struct client_link *link, const struct verb_line *l, int interval_ms)
{
	struct buf page = BUF_NULL;
	json_t *then = NULL;
	int r = draw(link, l, &then, ROWS_DEFAULT, 0, &page);

	if (r == 0) {
		rest(interval_ms);
		buf_clear(&page);
		r = draw(link, l, &then, ROWS_DEFAULT, 0, &page);
	}
	if (r == 0)
		fputs(buf_str(&page), stdout);
	buf_deinit(&page);
	json_decref(then);
	return r;
}

/* For programs: what a page is made of, a line each time. */
static int run_json(
	struct client_link *link, const struct verb_line *l, int interval_ms)
{
	int r;

	do {
		json_t *status = NULL, *connections = NULL, *line;
		char *text;

		r = look(link, l, ROWS_DEFAULT, &status, &connections);
		line = json_pack("{s:o*, s:O*}", "status", status,
			"connections", words_at(connections, "connections"));
		json_decref(connections);
		text = r == 0 ? json_dumps(line, JSON_COMPACT) : NULL;
		json_decref(line);
		if (text != NULL &&
			(puts(text) == EOF || fflush(stdout) == EOF))
			r = CTL_REFUSED; /* nobody reads any more */
		free(text);
		if (r == 0 && !l->once)
			rest(interval_ms);
	} while (r == 0 && !l->once);
	return r;
}

int top_run(struct client_link *link, const struct verb_line *l)
{
	double seconds = 2;
	char *end;

	if (l->interval != NULL) {
		seconds = strtod(l->interval, &end);
		if (*l->interval < '0' || *l->interval > '9' || *end != '\0' ||
			seconds < 0.1 || seconds > 3600) {
			fprintf(stderr, "tapferryctl: --interval takes seconds "
					"from 0.1 to 3600\n");
			return CTL_USAGE;
		}
	}
	if (l->json)
		return run_json(link, l, (int)(seconds * 1000));
	if (l->once)
		return run_once(link, l, (int)(seconds * 1000));
	if (!isatty(STDOUT_FILENO) || !isatty(STDIN_FILENO)) {
		fprintf(stderr, "tapferryctl: top needs a terminal; without "
				"one: top --once, or top --json\n");
		return CTL_USAGE;
	}
	return run_live(link, l, (int)(seconds * 1000));
}
