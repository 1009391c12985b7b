/* SPDX-License-Identifier: GPL-2.0-only */
/* In the kernel almost every protocol header leads here, so programs count on what comes along. */
#pragma once
#include <linux/errno.h>
#include <linux/string.h>
#include <uapi/linux/if_ether.h>
#include <linux/in6.h>
#include <linux/if_packet.h>
#include <linux/socket.h>
#include <linux/net.h>
#include <linux/time.h>
#include <linux/jiffies.h>
#include <linux/uio.h>
#include <linux/sched.h>
#include <net/checksum.h>
#include <skbscope/kernel_types.h>

#define CHECKSUM_NONE 0
#define CHECKSUM_UNNECESSARY 1
#define CHECKSUM_COMPLETE 2
#define CHECKSUM_PARTIAL 3
#define NET_SKB_PAD 32
#define NET_IP_ALIGN 0
