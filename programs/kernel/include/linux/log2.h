/* SPDX-License-Identifier: GPL-2.0-only */
/* Powers of two, and the bit operations that come along with them. BPF has no
 * instruction that counts zeros, so clang's builtins for it cannot be used on a
 * variable: these are written in shifts and comparisons. */
#pragma once
#include <skbscope/base.h>

static __always_inline int fls64(__u64 x)
{
	int n = 0;

	if (x >> 32) { n += 32; x >>= 32; }
	if (x >> 16) { n += 16; x >>= 16; }
	if (x >> 8) { n += 8; x >>= 8; }
	if (x >> 4) { n += 4; x >>= 4; }
	if (x >> 2) { n += 2; x >>= 2; }
	if (x >> 1) { n += 1; x >>= 1; }
	return n + (int)x;
}
static __always_inline int fls(unsigned int x) { return fls64(x); }
static __always_inline unsigned int fls_long(unsigned long x) { return fls64(x); }
static __always_inline unsigned long __fls(unsigned long x) { return fls64(x) - 1; }
static __always_inline int ffs(int x) { return fls64((__u32)x & -(__u32)x); }
static __always_inline unsigned long __ffs(unsigned long x) { return fls64(x & -x) - 1; }
static __always_inline unsigned long __ffs64(__u64 x) { return fls64(x & -x) - 1; }
static __always_inline unsigned long ffz(unsigned long x) { return __ffs(~x); }
static __always_inline unsigned long hweight64(__u64 x)
{
	x -= (x >> 1) & 0x5555555555555555ULL;
	x = (x & 0x3333333333333333ULL) + ((x >> 2) & 0x3333333333333333ULL);
	x = (x + (x >> 4)) & 0x0f0f0f0f0f0f0f0fULL;
	return (x * 0x0101010101010101ULL) >> 56;
}
#define hweight8(x) ((unsigned int)hweight64((__u8)(x)))
#define hweight16(x) ((unsigned int)hweight64((__u16)(x)))
#define hweight32(x) ((unsigned int)hweight64((__u32)(x)))
#define hweight_long(x) hweight64(x)
static __always_inline __u64 rol64(__u64 x, unsigned int n) { return (x << (n & 63)) | (x >> (-n & 63)); }
static __always_inline __u64 ror64(__u64 x, unsigned int n) { return (x >> (n & 63)) | (x << (-n & 63)); }
static __always_inline __u32 rol32(__u32 x, unsigned int n) { return (x << (n & 31)) | (x >> (-n & 31)); }
static __always_inline __u32 ror32(__u32 x, unsigned int n) { return (x >> (n & 31)) | (x << (-n & 31)); }
static __always_inline __u16 rol16(__u16 x, unsigned int n) { return (x << (n & 15)) | (x >> (-n & 15)); }
static __always_inline __u16 ror16(__u16 x, unsigned int n) { return (x >> (n & 15)) | (x << (-n & 15)); }
static __always_inline __u8 rol8(__u8 x, unsigned int n) { return (x << (n & 7)) | (x >> (-n & 7)); }
static __always_inline __u8 ror8(__u8 x, unsigned int n) { return (x >> (n & 7)) | (x << (-n & 7)); }
static __always_inline __s32 sign_extend32(__u32 x, int bit) { return (__s32)(x << (31 - bit)) >> (31 - bit); }
static __always_inline __s64 sign_extend64(__u64 x, int bit) { return (__s64)(x << (63 - bit)) >> (63 - bit); }
static __always_inline bool is_power_of_2(unsigned long n) { return n != 0 && (n & (n - 1)) == 0; }
static __always_inline int __ilog2_u32(__u32 n) { return fls64(n) - 1; }
static __always_inline int __ilog2_u64(__u64 n) { return fls64(n) - 1; }
static __always_inline unsigned long __roundup_pow_of_two(unsigned long n) { return 1UL << fls64(n - 1); }
static __always_inline unsigned long __rounddown_pow_of_two(unsigned long n) { return 1UL << (fls64(n) - 1); }

/* A constant stays a constant, so that it can size an array or a map. */
#define ilog2(n) (__builtin_constant_p(n) ? ((n) < 2 ? 0 : 63 - __builtin_clzll(n)) : fls64(n) - 1)
#define const_ilog2(n) ((n) < 2 ? 0 : 63 - __builtin_clzll(n))
#define roundup_pow_of_two(n) \
	(__builtin_constant_p(n) ? ((n) == 1 ? 1UL : 1UL << (64 - __builtin_clzll((n) - 1))) : __roundup_pow_of_two(n))
#define rounddown_pow_of_two(n) \
	(__builtin_constant_p(n) ? 1UL << (63 - __builtin_clzll(n)) : __rounddown_pow_of_two(n))
#define order_base_2(n) ((n) > 1 ? ilog2((n) - 1) + 1 : 0)
