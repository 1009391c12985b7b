/* SPDX-License-Identifier: GPL-2.0-only */
#pragma once
#include <skbscope/kernel_types.h>
#include <linux/skbuff.h>
#include <uapi/linux/filter.h>
#include <linux/sched.h>
