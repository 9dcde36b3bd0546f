#include "event/digits.h"

#define ROW(tens)                                                         \
#tens "0" #tens "1" #tens "2" #tens "3" #tens "4" #tens "5" #tens \
	      "6" #tens "7" #tens "8" #tens "9"

/* clang-format off */
const char digits_pairs[201] =
	ROW(0) ROW(1) ROW(2) ROW(3) ROW(4) ROW(5) ROW(6) ROW(7) ROW(8) ROW(9);
/* clang-format on */

uint8_t *digits_u64(uint8_t *p, uint64_t v)
{
	uint8_t text[DIGITS_U64_MAX];
	uint8_t *first = text + sizeof(text);
	size_t n;

	while (v >= 100) {
		first -= 2;
		digits_pair(first, (unsigned)(v % 100));
		v /= 100;
	}
	if (v >= 10) {
		first -= 2;
		digits_pair(first, (unsigned)v);
	} else {
		*--first = (uint8_t)('0' + v);
	}
	n = (size_t)(text + sizeof(text) - first);
	memcpy(p, first, n);
	return p + n;
}
