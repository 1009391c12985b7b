/* SPDX-License-Identifier: GPL-2.0-only */
#pragma once
#include <linux/ip.h>
#include <linux/in6.h>
#include <uapi/linux/if_tunnel.h>
