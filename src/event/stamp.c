#include <string.h>

#include "event/digits.h"
#include "event/stamp.h"

/*
 * Days since 1970-01-01 to the proleptic Gregorian date: years that begin in
 * March put the leap day at the end, and 400 of them have 146097 days.
 */
static void date_of_days(
	uint32_t days, unsigned *year, unsigned *month, unsigned *day)
{
	uint32_t z = days + 719468; /* since 0000-03-01 */
	uint32_t era = z / 146097;
	uint32_t doe = z % 146097;
	uint32_t yoe = (doe - doe / 1460 + doe / 36524 - doe / 146096) / 365;
	uint32_t doy = doe - (365 * yoe + yoe / 4 - yoe / 100);
	uint32_t march = (5 * doy + 2) / 153; /* months since March */

	*day = doy - (153 * march + 2) / 5 + 1;
	*month = march < 10 ? march + 3 : march - 9;
	*year = yoe + era * 400 + (*month <= 2);
}

static void format_second(struct stamp *s, uint64_t sec)
{
	uint32_t in_day = (uint32_t)(sec % 86400);
	uint8_t *p = (uint8_t *)s->text;
	unsigned year, month, day;

	date_of_days((uint32_t)(sec / 86400), &year, &month, &day);
	p = digits_four(p, year);
	*p++ = '-';
	p = digits_pair(p, month);
	*p++ = '-';
	p = digits_pair(p, day);
	*p++ = 'T';
	p = digits_pair(p, in_day / 3600);
	*p++ = ':';
	p = digits_pair(p, in_day / 60 % 60);
	*p++ = ':';
	p = digits_pair(p, in_day % 60);
	*p = '.';
	p = digits_u64((uint8_t *)s->epoch, sec);
	*p++ = '.';
	s->epoch_len = (uint8_t)(p - (uint8_t *)s->epoch);
	s->sec = sec;
}

void stamp_init(struct stamp *s)
{
	format_second(s, 0);
}

uint8_t *stamp_put(struct stamp *s, uint8_t *p, uint64_t sec, uint32_t nsec)
{
	if (sec != s->sec)
		format_second(s, sec);
	memcpy(p, s->text, sizeof(s->text));
	p = digits_nano(p + sizeof(s->text), nsec);
	*p++ = 'Z';
	return p;
}

uint8_t *stamp_put_compact(uint8_t *p, uint32_t sec)
{
	uint32_t in_day = sec % 86400;
	unsigned year, month, day;

	date_of_days(sec / 86400, &year, &month, &day);
	p = digits_four(p, year);
	p = digits_pair(p, month);
	p = digits_pair(p, day);
	p = digits_pair(p, in_day / 3600);
	p = digits_pair(p, in_day / 60 % 60);
	return digits_pair(p, in_day % 60);
}

uint8_t *stamp_put_epoch(
	struct stamp *s, uint8_t *p, uint64_t sec, uint32_t nsec)
{
	if (sec != s->sec)
		format_second(s, sec);
	memcpy(p, s->epoch, sizeof(s->epoch));
	return digits_nano(p + s->epoch_len, nsec);
}

uint8_t *stamp_put_duration(uint8_t *p, uint64_t sec, uint32_t nsec)
{
	p = digits_u64(p, sec);
	if (nsec == 0)
		return p;
	*p++ = '.';
	p = digits_nano(p, nsec);
	while (p[-1] == '0')
		p--;
	return p;
}
