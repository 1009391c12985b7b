/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What the two hubs of the kernel's network headers (linux/skbuff.h and
 * linux/netdevice.h) lead to besides: rarely used, and too much to read for
 * every program. It comes with the kernel's own structs, on the second try.
 */
#pragma once
#include <linux/errno.h>
#include <uapi/linux/audit.h>
#include <uapi/linux/eventpoll.h>
#include <uapi/linux/fcntl.h>
#include <uapi/linux/fib_rules.h>
#include <uapi/linux/icmpv6.h>
#include <uapi/linux/if_addr.h>
#include <uapi/linux/if_bonding.h>
#include <uapi/linux/if_ether.h>
#include <uapi/linux/if_link.h>
#include <uapi/linux/if_packet.h>
#include <uapi/linux/if_vlan.h>
#include <uapi/linux/in.h>
#include <uapi/linux/in6.h>
#include <uapi/linux/ip.h>
#include <uapi/linux/ipv6.h>
#include <uapi/linux/neighbour.h>
#include <uapi/linux/net_tstamp.h>
#include <uapi/linux/netdevice.h>
#include <uapi/linux/netfilter.h>
#include <uapi/linux/netlink.h>
#include <uapi/linux/pkt_cls.h>
#include <uapi/linux/pkt_sched.h>
#include <uapi/linux/rtnetlink.h>
#include <uapi/linux/sched.h>
#include <uapi/linux/snmp.h>
#include <uapi/linux/stat.h>
#include <uapi/linux/tcp.h>
#include <uapi/linux/udp.h>
#include <uapi/linux/xfrm.h>
#include <linux/fs.h>
#include <linux/log2.h>
#include <linux/uaccess.h>
