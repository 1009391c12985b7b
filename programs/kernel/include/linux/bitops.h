/* SPDX-License-Identifier: GPL-2.0-only */
#pragma once
#include <linux/log2.h>
#include <linux/bits.h>

#define BITS_PER_TYPE(type) (sizeof(type) * BITS_PER_BYTE)
#define test_bit(n, words) ((((const unsigned long *)(words))[BIT_WORD(n)] >> ((n) % BITS_PER_LONG)) & 1)
#define __set_bit(n, words) ((void)(((unsigned long *)(words))[BIT_WORD(n)] |= BIT_MASK(n)))
#define __clear_bit(n, words) ((void)(((unsigned long *)(words))[BIT_WORD(n)] &= ~BIT_MASK(n)))
