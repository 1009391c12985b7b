/* SPDX-License-Identifier: GPL-2.0-only */
/* HZ is a choice of the kernel's configuration: only -DCONFIG_HZ can say it. */
#pragma once
#include <linux/ktime.h>
#ifdef CONFIG_HZ
#define HZ CONFIG_HZ
#define TICK_NSEC ((NSEC_PER_SEC + HZ / 2) / HZ)
#endif
#define USER_HZ 100
#define time_after(a, b) ((long)((b) - (a)) < 0)
#define time_before(a, b) time_after(b, a)
#define time_after_eq(a, b) ((long)((a) - (b)) >= 0)
#define time_before_eq(a, b) time_after_eq(b, a)
#define time_after64(a, b) ((__s64)((b) - (a)) < 0)
#define time_before64(a, b) time_after64(b, a)
