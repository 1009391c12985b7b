/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * packet_count - how many packets arrive on this interface?
 *
 * The counter that every tutorial shows, as it is always written:
 *
 *   map           key    value
 *   packet_count  0      packets
 *
 * Cost: one hash lookup per packet. Packets that arrive on several CPUs at once can be
 * lost from the count: the increment is not atomic, and of two that come first, one's
 * update takes the other's place. protocols.c shows how to count exactly.
 *
 *   # skbscope packet_count -i eth0
 *   key  value  value/s
 *     0    234     36.2
 *
 * @group traffic
 */
#include <uapi/linux/bpf.h>
#include <linux/ptrace.h>

BPF_HASH(packet_count, u32, u64);

int count_packets(struct __sk_buff *skb)
{
	u32 key = 0;
	u64 one = 1;
	u64 *packets = packet_count.lookup(&key);

	if (packets)
		(*packets)++;
	else
		packet_count.update(&key, &one);
	return 0;
}
