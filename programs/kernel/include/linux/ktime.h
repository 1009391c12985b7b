/* SPDX-License-Identifier: GPL-2.0-only */
#pragma once
#include <linux/time.h>

typedef __s64 ktime_t;
