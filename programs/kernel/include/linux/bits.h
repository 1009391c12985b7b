/* SPDX-License-Identifier: GPL-2.0-only */
#pragma once
#include <skbscope/base.h>
#include <uapi/linux/const.h>

#define BIT_MASK(n) (1UL << ((n) % BITS_PER_LONG))
#define BIT_WORD(n) ((n) / BITS_PER_LONG)
