/* SPDX-License-Identifier: GPL-2.0-only */
/* Its structs are in the kernel's BTF where cfg80211 is built in. */
#pragma once
#include <linux/ieee80211.h>
#include <linux/netdevice.h>
#include <linux/skbuff.h>
#include <net/genetlink.h>
#include <uapi/linux/nl80211.h>
