/*
 * One DNS message: the walk, every name, every record's data, every option.
 */
#include "fuzz.h"

#include <libknot/dname.h>

#include "wire/dns.h"

static struct dns_record records[DNS_RECORDS_MAX];

static void check_name(struct slice msg, uint32_t pos, bool whole)
{
	uint8_t *name =
		fuzz_copy((const uint8_t[DNS_NAME_MAX]){ 0 }, DNS_NAME_MAX);
	uint32_t end = pos, skipped = pos;
	size_t len = dns_name_expand(msg, &end, name);

	FUZZ_CHECK(dns_name_skip(msg, &skipped) == (len > 0));
	FUZZ_CHECK(skipped == end);
	FUZZ_CHECK(len > 0 || !whole);
	if (len > 0) {
		FUZZ_CHECK(end > pos && end <= msg.len);
		FUZZ_CHECK(len <= DNS_NAME_MAX);
		FUZZ_CHECK(knot_dname_wire_check(name, name + len, NULL) ==
			   (int)len);
	} else {
		FUZZ_CHECK(end == pos);
	}
	free(name);
}

static void check_rdata(struct slice msg, const struct dns_record *r)
{
	static uint8_t whole[DNS_RDATA_EXPANDED_MAX];
	int len = dns_rdata_expand(msg, r, whole, sizeof(whole));
	uint8_t *exact;

	if (len < 0)
		return;
	exact = fuzz_copy(whole, (size_t)len);
	FUZZ_CHECK(dns_rdata_expand(msg, r, exact, (size_t)len) == len);
	FUZZ_CHECK(memcmp(exact, whole, (size_t)len) == 0);
	if (len > 0)
		FUZZ_CHECK(
			dns_rdata_expand(msg, r, exact, (size_t)len - 1) == -1);
	free(exact);
}

static void check_options(const struct dns *d)
{
	struct slice rest =
		slice_from(d->msg.data + d->opt.rdata, d->opt.rdlen);
	size_t octets = 0;
	struct dns_option option;
	bool malformed;

	while (dns_option_next(&rest, &option, &malformed)) {
		FUZZ_CHECK(!malformed);
		octets += 4 + option.data.len;
	}
	FUZZ_CHECK(octets + rest.len == d->opt.rdlen);
	FUZZ_CHECK(malformed == (rest.len > 0));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	uint8_t *octets = fuzz_copy(data, size);
	struct slice msg = slice_from(octets, size);
	uint32_t total = 0;
	struct dns d;

	dns_decode(&d, records, msg);
	FUZZ_CHECK(d.has_header == (size >= DNS_HEADER_LEN));
	if (d.has_qname)
		check_name(msg, d.qname, true);
	for (unsigned s = 0; s < DNS_SECTIONS; s++) {
		FUZZ_CHECK(d.n_records[s] <= d.count[1 + s]);
		FUZZ_CHECK(d.malformed || d.n_records[s] == d.count[1 + s]);
		FUZZ_CHECK(d.n_records[s] == 0 || d.first[s] == total);
		total += d.n_records[s];
	}
	for (uint32_t i = 0; i < total; i++) {
		const struct dns_record *r = &records[i];

		FUZZ_CHECK((size_t)r->rdata + r->rdlen <= size);
		check_name(msg, r->name, true);
		check_rdata(msg, r);
	}
	if (d.has_opt)
		check_options(&d);
	/* names that need not be right: query zones, policy rules */
	for (uint32_t pos = 0; pos < size && pos < 64; pos++)
		check_name(msg, pos, false);
	free(octets);
	return 0;
}
