/* SPDX-License-Identifier: GPL-2.0-only */
#pragma once
#include <uapi/linux/if_tunnel.h>
#include <linux/ip.h>
#include <linux/in6.h>
