/* SPDX-License-Identifier: GPL-2.0-only */
#pragma once
#include <uapi/linux/filter.h>
#include <linux/skbuff.h>
#include <linux/if_vlan.h>
#include <linux/netdevice.h>
