/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Types that say what a number means. skbscope shows a key or a value by the name
 * of its type, so a program that uses these needs no formatting code:
 *
 *	struct flow {
 *		ipv4_t source;		shown as 192.0.2.1
 *		port_be_t port;		shown as 443
 *		ip_proto_t protocol;	shown as TCP
 *	};
 *
 * The kernel's own names do as well where they mean as much: __be16 is shown as a port,
 * __be32 (and u32) as an IPv4 address where the member's name says so, struct in6_addr as an IPv6 address, an enum
 * by its enumerator, char[N] as text. Each type here is exactly as large as it
 * looks, and the program may compute with it as with the plain one.
 */
#ifndef SKBSCOPE_TYPES_H
#define SKBSCOPE_TYPES_H

#include <uapi/linux/types.h>

/* Addresses, in the order in which packets carry them. */
typedef __u32 ipv4_t;
typedef __u32 ipv4_host_t;	/* in host order, as load_word() and bcc/proto.h answer it */
typedef struct {
	__u8 bytes[16];
} ipv6_t;
typedef union {
	__u8 bytes[16];
	__be32 words[4];
} ip_address_t;			/* either: IPv4 as ::ffff:192.0.2.1, shown as 192.0.2.1 */
typedef struct {
	__u8 bytes[6];
} mac_t;

/* Ports. skb->remote_port and headers have network order, socket tuples of some
 * helpers host order: the type says which. */
typedef __u16 port_t;		/* host order */
typedef __be16 port_be_t;	/* network order */

/* Protocols, shown by name where they have one. */
typedef __u8 ip_proto_t;	/* IPv4 protocol, or the last IPv6 next header */
typedef __u16 eth_proto_t;	/* EtherType, host order */
typedef __be16 eth_proto_be_t;	/* EtherType, network order, as in skb->protocol */
typedef __u8 tcp_flags_t;	/* FIN 1, SYN 2, RST 4, PSH 8, ACK 16, URG 32, ECE 64, CWR 128 */

/* Amounts. They add up over CPUs and have a rate. */
typedef __u64 count_t;		/* how many: 12.3k */
typedef __u64 bytes_t;		/* how large: 1.5 MiB */
typedef __u64 ns_t;		/* how long, in nanoseconds: 1.2 ms */

/* A number that goes up and down, or only tells a state: it has no rate, and of
 * several CPUs the first that is not zero is shown. */
typedef __u64 level_t;
typedef __u64 ns_level_t;	/* a time of that kind, in nanoseconds */

/* Extremes: of several CPUs the largest, or the smallest that is not 0. No rate. */
typedef __u64 max_t;
typedef __u64 min_t;

/* When something last happened, from bpf_ktime_get_ns(): 3 s ago. Of several CPUs the
 * latest. Two versions of a program are not compared by it. */
typedef __u64 when_t;

/* Numbers that mean something to the kernel. */
typedef __u32 ifindex_t;	/* an interface: its name where skbscope knows it */
typedef __s32 verdict_t;	/* TC_ACT_OK is shown as OK, TC_ACT_SHOT as SHOT, … */

/* The exponent of a power of two, as bpf_log2() answers it: 10 stands for 1024 to
 * 2047. (Plain integer keys of a histogram are taken as bpf_log2l() answers them,
 * which is one more.) */
typedef __u32 log2_t;

/* What one bucket of a histogram has counted. An array of them is a histogram in powers of
 * two of durations, of sizes, or of plain numbers: <skbscope/histogram.h> fills it. */
typedef __u64 ns_bucket_t;
typedef __u64 bytes_bucket_t;
typedef __u64 bucket_t;

/* Bits: marks, flags, identifiers. Shown in hexadecimal. */
typedef __u8 hex8_t;
typedef __u16 hex16_t;
typedef __u32 hex32_t;
typedef __u64 hex64_t;

#endif
