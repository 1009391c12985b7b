/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Somebody else's program: plain C for clang, loaded by tc or by tcx.c. It counts
 * every packet it sees, so a test can tell whether one was kept from it, and gives
 * the verdict it was built for.
 */
#include <linux/bpf.h>
#include <linux/pkt_cls.h>

#include <bpf/bpf_helpers.h>

#ifndef VERDICT
#define VERDICT TC_ACT_UNSPEC
#endif

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, __u64);
} foreign_seen SEC(".maps");

SEC("tc")
int foreign(struct __sk_buff *skb)
{
	__u32 key = 0;
	__u64 *seen = bpf_map_lookup_elem(&foreign_seen, &key);

	(void)skb;
	if (seen)
		__sync_fetch_and_add(seen, 1);
	return VERDICT;
}

char _license[] SEC("license") = "GPL";
