#include "load/delays.h"

#include <string.h>

#include "base/clock.h"

enum { FRACTION_DIGITS = 9 };

/* "1700000000.123456", digits behind the ninth left out.  Return: 0 when it is
 * no such number. */
static uint64_t parse_time(const uint8_t *p, const uint8_t *end)
{
	uint64_t ns = 0;
	int digits = -1; /* behind the point */

	for (; p < end && digits < FRACTION_DIGITS; p++) {
		if (*p == '.' && digits < 0) {
			digits = 0;
		} else if (*p >= '0' && *p <= '9') {
			ns = ns * 10 + (uint64_t)(*p - '0');
			digits += digits >= 0;
		} else {
			break;
		}
	}
	for (digits = digits < 0 ? 0 : digits; digits < FRACTION_DIGITS;
		digits++)
		ns *= 10;
	return ns;
}

static void add_line(struct delays *d, struct slice line, uint64_t real_ns)
{
	static const char key[] = "{\"time\":";
	uint64_t ns;

	if (line.len < sizeof(key) || memcmp(line.data, key, sizeof(key) - 1))
		return;
	ns = parse_time(line.data + sizeof(key) - 1, line.data + line.len);
	if (ns > 0)
		spread_add(&d->ns, real_ns > ns ? real_ns - ns : 0);
}

void delays_add(struct delays *d, struct slice body, uint64_t real_ns)
{
	const uint8_t *p = body.data;
	const uint8_t *end = p + body.len;
	size_t len = strlen(d->text);

	while (p < end) {
		const uint8_t *hit = memmem(p, (size_t)(end - p), d->text, len);
		const uint8_t *start, *stop;

		if (hit == NULL)
			return;
		start = memrchr(p, '\n', (size_t)(hit - p));
		start = start == NULL ? p : start + 1;
		stop = memchr(hit, '\n', (size_t)(end - hit));
		stop = stop == NULL ? end : stop;
		add_line(d, slice_from(start, (size_t)(stop - start)), real_ns);
		p = stop < end ? stop + 1 : end;
	}
}
