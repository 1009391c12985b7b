/* SPDX-License-Identifier: GPL-2.0-only */
/* programs/packet_count.c, as one writes it for clang and tc. */
#include <linux/bpf.h>

#include <bpf/bpf_helpers.h>

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 10240);
	__type(key, __u32);
	__type(value, __u64);
} packet_count SEC(".maps");

SEC("tc")
int count_packets(struct __sk_buff *skb)
{
	__u32 key = 0;
	__u64 one = 1;
	__u64 *packets = bpf_map_lookup_elem(&packet_count, &key);

	(void)skb;
	if (packets)
		(*packets)++;
	else
		bpf_map_update_elem(&packet_count, &key, &one, BPF_ANY);
	return 0;
}

char _license[] SEC("license") = "GPL";
