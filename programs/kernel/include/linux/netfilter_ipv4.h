/* SPDX-License-Identifier: GPL-2.0-only */
#pragma once
#include <skbscope/kernel_types.h>
#include <uapi/linux/netfilter_ipv4.h>
#include <linux/netfilter.h>
