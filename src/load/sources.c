#include "load/sources.h"

#include <endian.h>

#include "net/cidr.h"

enum { IPV4_BITS = 32, IPV6_BITS = 128, HALF_BITS = 64 };

int sources_parse(struct sources *s, const char *text, struct buf *why)
{
	struct cidr c;
	unsigned host_bits;
	int r = cidr_parse(&c, text, why);

	if (r != 0)
		return r;
	host_bits = IPV6_BITS - (unsigned)c.bits;
	*s = (struct sources){
		.ipv4 = IN6_IS_ADDR_V4MAPPED(&c.address) &&
			host_bits <= IPV4_BITS,
		.first = c.address,
		.n = host_bits < HALF_BITS ? UINT64_C(1) << host_bits
					   : UINT64_MAX,
	};
	if (s->ipv4 && s->n > 2) {
		s->first.s6_addr[15]++;
		s->n -= 2;
	}
	return 0;
}

bool sources_suit(const struct sources *s, const struct address *to)
{
	return to->sa.sa_family == (s->ipv4 ? AF_INET : AF_INET6);
}

void sources_next(struct sources *s, struct address *from)
{
	struct in6_addr a = s->first;
	uint64_t low;

	/* the first address ends in as many zeros as there are bits to count
	 * in (and perhaps a one), so nothing is carried beyond these 64 */
	memcpy(&low, &a.s6_addr[8], sizeof(low));
	low = htobe64(be64toh(low) + s->next);
	memcpy(&a.s6_addr[8], &low, sizeof(low));
	if (++s->next == s->n)
		s->next = 0;
	*from = (struct address){ 0 };
	if (s->ipv4) {
		from->in.sin_family = AF_INET;
		memcpy(&from->in.sin_addr, &a.s6_addr[12], 4);
		from->len = sizeof(from->in);
	} else {
		from->in6.sin6_family = AF_INET6;
		from->in6.sin6_addr = a;
		from->len = sizeof(from->in6);
	}
}
