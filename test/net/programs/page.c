/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * page - what datagrams say, as they say it, for whoever shows it
 */
#include <uapi/linux/bpf.h>
#include <uapi/linux/pkt_cls.h>
#include <skbscope/histogram.h>
#include <skbscope/types.h>

#define PAYLOAD (14 + 20 + 8)

struct nt_said {
	char words[24];
};

struct nt_much {
	u64 packets;
	bytes_t bytes;
	bytes_bucket_t sizes[16];
};

BPF_HASH(nt_texts, struct nt_said, struct nt_much);
BPF_HISTOGRAM(nt_sizes);
BPF_PERF_OUTPUT(nt_heard);

int nt_listen(struct __sk_buff *skb)
{
	struct nt_said said = {};
	struct nt_much zero = {}, *much;

	if (bpf_skb_load_bytes(skb, PAYLOAD, &said, sizeof(said)) < 0)
		return TC_ACT_UNSPEC;
	much = nt_texts.lookup_or_try_init(&said, &zero);
	if (much) {
		lock_xadd(&much->packets, 1);
		lock_xadd(&much->bytes, skb->len);
		histogram_add_shared(much->sizes, skb->len);
	}
	nt_sizes.atomic_increment(bpf_log2l(skb->len));
	nt_heard.perf_submit(skb, &said, sizeof(said));
	return TC_ACT_UNSPEC;
}
