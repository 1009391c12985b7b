/* SPDX-License-Identifier: GPL-2.0-only */
#pragma once
#include <skbscope/kernel_types.h>
#include <linux/skbuff.h>
#include <linux/net.h>
#include <linux/netdevice.h>
#include <linux/filter.h>
#include <linux/sched.h>
#include <net/tcp_states.h>
#include <net/dst.h>
#include <uapi/linux/in6.h>
