/* SPDX-License-Identifier: GPL-2.0-only */
/* Multiplicative hashing by the golden ratio. */
#pragma once
#include <linux/log2.h>

#define GOLDEN_RATIO_32 0x61C88647
#define GOLDEN_RATIO_64 0x61C8864680B583EBull
#define hash_long(value, bits) hash_64(value, bits)

static inline u32 __hash_32(u32 value) { return value * GOLDEN_RATIO_32; }
static inline u32 hash_32(u32 value, unsigned int bits) { return __hash_32(value) >> (32 - bits); }
static inline u32 hash_64(u64 value, unsigned int bits) { return value * GOLDEN_RATIO_64 >> (64 - bits); }
static inline u32 hash_ptr(const void *pointer, unsigned int bits) { return hash_64((unsigned long)pointer, bits); }
