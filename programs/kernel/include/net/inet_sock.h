/* SPDX-License-Identifier: GPL-2.0-only */
#pragma once
#include <net/sock.h>
#include <linux/jhash.h>
#include <linux/netdevice.h>
