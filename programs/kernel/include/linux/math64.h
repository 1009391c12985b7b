/* SPDX-License-Identifier: GPL-2.0-only */
#pragma once
#include <skbscope/macros.h>

static inline u64 div_u64(u64 dividend, u32 divisor) { return dividend / divisor; }
static inline u64 div64_u64(u64 dividend, u64 divisor) { return dividend / divisor; }
static inline u64 div_u64_rem(u64 dividend, u32 divisor, u32 *remainder)
{
	*remainder = dividend % divisor;
	return dividend / divisor;
}
#define do_div(n, by) ({ u32 do_div_ = (n) % (by); (n) /= (by); do_div_; })
#define div64_ul(dividend, divisor) div64_u64(dividend, divisor)
#define mul_u32_u32(a, b) ((u64)(u32)(a) * (u32)(b))
#define DIV64_U64_ROUND_UP(n, by) div64_u64((n) + (by) - 1, by)
