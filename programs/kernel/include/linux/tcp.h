/* SPDX-License-Identifier: GPL-2.0-only */
#pragma once
#include <skbscope/kernel_types.h>
#include <linux/in.h>
#include <linux/ip.h>
#include <uapi/linux/tcp.h>
#include <net/tcp_states.h>
