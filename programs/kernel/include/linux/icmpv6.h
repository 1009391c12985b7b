/* SPDX-License-Identifier: GPL-2.0-only */
#pragma once
#include <uapi/linux/icmpv6.h>
#include <linux/netdevice.h>
