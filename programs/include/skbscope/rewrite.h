/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Writing into packets: one end's address and port in place of another's, with right checksums.
 * A program that is not enforced is compiled without it (SKBSCOPE_PASSIVE).
 */
#ifndef SKBSCOPE_REWRITE_H
#define SKBSCOPE_REWRITE_H

#include <uapi/linux/tcp.h>
#include <uapi/linux/udp.h>

#include <skbscope/ip.h>

enum end { SOURCE_END, DESTINATION_END };

/* Where the network layer begins in what bpf_skb_store_bytes() counts: behind an Ethernet header,
 * or at once where the interface has none. */
static inline u32 network_offset(struct __sk_buff *skb)
{
	u32 network[5] = {}, first[5] = {}, different = 0;

	bpf_skb_load_bytes_relative(skb, 0, network, sizeof(network), BPF_HDR_START_NET);
	bpf_skb_load_bytes(skb, 0, first, sizeof(first));
#pragma unroll
	for (int i = 0; i < 5; i++)
		different |= network[i] ^ first[i];
	return different ? ETH_HLEN : 0;
}

/* In place of one address and port. The checksum of TCP and UDP is corrected first, which is
 * what fails where the packet cannot be written to. How they count together with skb->csum, where a
 * card has summed up the whole packet: an IPv4 address and the header's checksum make up for
 * each other, an IPv6 address and the transport's checksum do, so there the store is told, too. */
static inline int rewrite_end(struct __sk_buff *skb, u32 behind, ip_proto_t protocol, enum end end,
			      const ip_address_t *from, port_be_t from_port, const ip_address_t *to,
			      port_be_t to_port)
{
#ifndef SKBSCOPE_PASSIVE
	u32 start = network_offset(skb), at = start + behind;
	int is_udp = protocol == IPPROTO_UDP, is_source = end == SOURCE_END;
	u64 flags = is_udp ? BPF_F_MARK_MANGLED_0 : 0;
	u32 sum = at + (is_udp ? offsetof(struct udphdr, check) : offsetof(struct tcphdr, check));
	u32 port = at + (is_source ? 0 : 2), address;
	int r;

	if (!is_ipv4(from)) {
		address = start + (is_source ? offsetof(struct ipv6hdr, saddr) : offsetof(struct ipv6hdr, daddr));
		r = bpf_l4_csum_replace(skb, sum, 0,
					bpf_csum_diff((void *)from, sizeof(*from), (void *)to, sizeof(*to), 0),
					BPF_F_PSEUDO_HDR | flags);
		if (r < 0)
			return r;
		r = bpf_skb_store_bytes(skb, address, (void *)to, sizeof(*to),
					BPF_F_RECOMPUTE_CSUM | BPF_F_INVALIDATE_HASH);
	} else {
		address = start + (is_source ? offsetof(struct iphdr, saddr) : offsetof(struct iphdr, daddr));
		r = bpf_l4_csum_replace(skb, sum, from->words[3], to->words[3],
					BPF_F_PSEUDO_HDR | flags | sizeof(__be32));
		if (r < 0)
			return r;
		bpf_l3_csum_replace(skb, start + offsetof(struct iphdr, check), from->words[3],
				    to->words[3], sizeof(__be32));
		r = bpf_skb_store_bytes(skb, address, (void *)&to->words[3], sizeof(__be32),
					BPF_F_INVALIDATE_HASH);
	}
	if (r == 0 && from_port != to_port) {
		bpf_l4_csum_replace(skb, sum, from_port, to_port, flags | sizeof(__be16));
		r = bpf_skb_store_bytes(skb, port, &to_port, sizeof(to_port), BPF_F_INVALIDATE_HASH);
	}
	return r;
#else
	return 0;
#endif
}

#endif
