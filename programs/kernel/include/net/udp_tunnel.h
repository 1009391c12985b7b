/* SPDX-License-Identifier: GPL-2.0-only */
#pragma once
#include <net/ip_tunnels.h>
#include <linux/udp.h>
