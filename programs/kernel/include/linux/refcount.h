/* SPDX-License-Identifier: GPL-2.0-only */
#pragma once
#include <skbscope/macros.h>
#include <linux/atomic.h>

#define refcount_read(pointer) atomic_read(&(pointer)->refs)
