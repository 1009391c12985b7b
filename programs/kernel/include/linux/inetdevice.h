/* SPDX-License-Identifier: GPL-2.0-only */
#pragma once
#include <skbscope/kernel_types.h>
#include <linux/ip.h>
#include <linux/netdevice.h>

#define inet_make_mask(length) ((length) ? htonl(~0U << (32 - (length))) : 0)
#define inet_ifa_match(address, ifa) (!(((address) ^ (ifa)->ifa_address) & (ifa)->ifa_mask))
