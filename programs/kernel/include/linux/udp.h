/* SPDX-License-Identifier: GPL-2.0-only */
#pragma once
#include <uapi/linux/udp.h>
#include <linux/skbuff.h>
#include <net/inet_sock.h>

#define udp_sk(pointer) ((struct udp_sock *)(pointer))
#define udp_hdr(skb) ((struct udphdr *)skb_transport_header(skb))
#define inner_udp_hdr(skb) ((struct udphdr *)skb_inner_transport_header(skb))
#define udp_port_hash inet.sk.__sk_common.skc_u16hashes[0]
#define udp_portaddr_hash inet.sk.__sk_common.skc_u16hashes[1]
