/* SPDX-License-Identifier: GPL-2.0-only */
#pragma once
#include <linux/ipv6.h>
#include <uapi/linux/seg6.h>
