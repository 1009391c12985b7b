/* SPDX-License-Identifier: GPL-2.0-only */
/* Fields of a constant mask. */
#pragma once
#include <linux/bits.h>

#define skbscope_shift(mask) __builtin_ctzll(mask)
#define FIELD_MAX(mask) ((typeof(mask))((mask) >> skbscope_shift(mask)))
#define FIELD_FIT(mask, value) (!((((typeof(mask))(value)) << skbscope_shift(mask)) & ~(mask)))
#define FIELD_PREP(mask, value) (((typeof(mask))(value) << skbscope_shift(mask)) & (mask))
#define FIELD_GET(mask, word) ((typeof(mask))(((word) & (mask)) >> skbscope_shift(mask)))
