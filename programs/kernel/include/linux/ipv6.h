/* SPDX-License-Identifier: GPL-2.0-only */
#pragma once
#include <linux/skbuff.h>
#include <uapi/linux/ipv6.h>
#include <linux/icmpv6.h>
#include <linux/tcp.h>
#include <linux/udp.h>
#define ipv6_optlen(header) (((header)->hdrlen + 1) << 3)
#define ipv6_authlen(header) (((header)->hdrlen + 2) << 2)
