/* SPDX-License-Identifier: GPL-2.0-only */
#pragma once
#include <linux/skbuff.h>
#include <linux/netdevice.h>
#include <linux/net.h>
#include <uapi/linux/in6.h>
#include <net/tcp_states.h>
#include <linux/hash.h>
#include <linux/list.h>
#include <skbscope/kernel_types.h>
