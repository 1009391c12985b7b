/* SPDX-License-Identifier: GPL-2.0-only */
#pragma once
#include <uapi/linux/if_ether.h>
#include <linux/skbuff.h>
