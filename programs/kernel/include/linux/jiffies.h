/* SPDX-License-Identifier: GPL-2.0-only */
/* HZ is a choice of the kernel's configuration: only -DCONFIG_HZ can say it. */
#pragma once
#include <linux/ktime.h>
#ifdef CONFIG_HZ
#define HZ CONFIG_HZ
#define TICK_NSEC ((NSEC_PER_SEC + HZ / 2) / HZ)
#endif
#define USER_HZ 100
