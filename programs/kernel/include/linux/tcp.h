/* SPDX-License-Identifier: GPL-2.0-only */
#pragma once
#include <uapi/linux/tcp.h>
#include <linux/skbuff.h>
#include <net/sock.h>
#include <net/inet_connection_sock.h>
#include <net/inet_timewait_sock.h>

#define tcp_sk(pointer) ((struct tcp_sock *)(pointer))
#define tcp_rsk(pointer) ((struct tcp_request_sock *)(pointer))
#define tcp_twsk(pointer) ((struct tcp_timewait_sock *)(pointer))
#define tcp_hdr(skb) ((struct tcphdr *)skb_transport_header(skb))
#define inner_tcp_hdr(skb) ((struct tcphdr *)skb_inner_transport_header(skb))
#define __tcp_hdrlen(header) ((header)->doff * 4)
#define tcp_hdrlen(skb) __tcp_hdrlen(tcp_hdr(skb))
#define tcp_optlen(skb) (tcp_hdrlen(skb) - 20)
