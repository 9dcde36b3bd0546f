/*
 * Hec_ack: Splunk's indexer acknowledgement.
 *
 *	POST /services/collector/ack?channel=GUID  {"acks":[0,1]}
 *	200 {"acks":{"0":true,"1":false}}
 *
 * False is also what it says of ids and channels it does not know.  See
 * struct collector_ack for the functions.
 */
#ifndef TAPFERRY_COLLECTOR_HEC_ACK_H
#define TAPFERRY_COLLECTOR_HEC_ACK_H

#include "collector/ack.h"

extern const struct collector_ack hec_ack;

int hec_ack_url(struct buf *url, const char *post_url, const char *channel);
int hec_ack_ask(struct buf *body, const uint64_t *ids, size_t n);
void hec_ack_judge(struct ack_verdict *v, const uint64_t *ids, bool *acked,
	size_t n, const struct reply *rp);

#endif
