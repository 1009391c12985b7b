/* SPDX-License-Identifier: GPL-2.0-only */
#pragma once
#include <skbscope/kernel_types.h>
#include <linux/if.h>
#include <linux/if_ether.h>
#include <linux/if_packet.h>
#include <linux/skbuff.h>

#define MAX_ADDR_LEN 32
#define NET_RX_SUCCESS 0
#define NET_RX_DROP 1
#define NET_XMIT_SUCCESS 0x00
#define NET_XMIT_DROP 0x01
#define NET_XMIT_CN 0x02
