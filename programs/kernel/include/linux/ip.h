/* SPDX-License-Identifier: GPL-2.0-only */
#pragma once
#include <uapi/linux/ip.h>
#include <linux/skbuff.h>
