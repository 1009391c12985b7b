/* SPDX-License-Identifier: GPL-2.0-only */
/* The second hub: what handles devices, and through them queueing and tc. */
#pragma once
#include <linux/skbuff.h>
#include <linux/if.h>
#include <uapi/linux/if_ether.h>
#include <linux/in.h>
#include <uapi/linux/netfilter.h>
#include <uapi/linux/pkt_cls.h>

#define MAX_ADDR_LEN 32
#define NET_RX_SUCCESS 0
#define NET_RX_DROP 1
#define NET_XMIT_SUCCESS 0x00
#define NET_XMIT_DROP 0x01
#define NET_XMIT_CN 0x02
#define NET_XMIT_MASK 0x0f
#define NETDEV_TX_OK 0x00
#define NETDEV_TX_BUSY 0x10
#define dev_net(device) ((device)->nd_net.net)
