/* SPDX-License-Identifier: GPL-2.0-only */
#pragma once
#include <skbscope/kernel_types.h>
#include <linux/udp.h>
#include <net/inet_sock.h>
#include <net/ip.h>
#include <linux/ipv6.h>
