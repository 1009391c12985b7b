/* SPDX-License-Identifier: GPL-2.0-only */
#pragma once
#include <uapi/linux/if_arp.h>
#include <linux/netdevice.h>
