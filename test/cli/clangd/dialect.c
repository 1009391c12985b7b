// SPDX-License-Identifier: GPL-2.0
/* Tables of all kinds, and what there is in the dialect beside them, for an editor to read. */
#include <bcc/proto.h>
#include <skbscope/types.h>
#include <uapi/linux/bpf.h>
#include <uapi/linux/pkt_cls.h>
struct event {
	u32 length;
};
struct key {
	u64 bucket;
};
BPF_HASH(packet_count, u32, u64);
BPF_PERF_OUTPUT(perf);
BPF_RINGBUF_OUTPUT(ring, 8);
BPF_ARRAY(array, u64, 4);
BPF_PERCPU_ARRAY(percpu_array, u64, 4);
BPF_PERCPU_HASH(percpu_hash, u32, u64);
BPF_HISTOGRAM(histogram);
BPF_LPM_TRIE(trie, struct key, u64);
BPF_PROG_ARRAY(tails, 4);
BPF_STACK_TRACE(stacks, 16);
BPF_QUEUE(queue, u64, 16);
BPF_STACK(stack, u64, 16);
BPF_TABLE("lru_hash", u32, u64, lru, 16);
BPF_DEVMAP(devices, 4);
BPF_CGROUP_ARRAY(cgroups, 4);
BPF_ARRAY_OF_MAPS(outer, "array", 4);
BPF_HASH_OF_MAPS(outer_hash, u32, "array", 4);
BPF_SK_STORAGE(storage, u64);
BPF_SOCKMAP(socks, 4);
BPF_SOCKHASH(sockhash, u32, 4);
BPF_TABLE("extern", u32, u64, other, 16);
int f(struct __sk_buff *skb)
{
	u8 *cursor = 0;
	struct ethernet_t *eth = cursor_advance(cursor, sizeof(*eth));
	struct ip_t *ip = cursor_advance(cursor, sizeof(*ip));
	u32 key =
		load_byte(skb, 14) + load_half(skb, 16) + load_word(skb, 20) + load_dword(skb, 20);
	u64 zero = 0, *value = packet_count.lookup_or_try_init(&key, &zero);
	struct event event = { skb->len }, *e;
	int index = 0;

	if (eth->type == 0x0800)
		key = ip->src;
	if (value)
		lock_xadd(value, 1);
	packet_count.increment(key);
	packet_count.increment(key, 3);
	packet_count.atomic_increment(key, 2);
	packet_count.update(&key, &zero);
	packet_count.insert(&key, &zero);
	packet_count.delete(&key);
	perf.perf_submit(skb, &event, sizeof(event));
	perf.perf_submit_skb(skb, skb->len, &event, sizeof(event));
	ring.ringbuf_output(&event, sizeof(event), 0);
	e = ring.ringbuf_reserve(sizeof(*e));
	if (e)
		ring.ringbuf_submit(e, 0);
	histogram.atomic_increment(bpf_log2l(skb->len));
	array.increment(index);
	queue.push(&zero, BPF_EXIST);
	queue.pop(&zero);
	stack.peek(&zero);
	tails.call(skb, 1);
	bpf_trace_printk("hello %d\n", skb->len);
	bpf_skb_store_bytes(skb, 0, &event, sizeof(event), 0);
	incr_cksum_l3(cursor, 1, 2);
	return TC_ACT_OK;
}
