/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Bob Jenkins' lookup3 hash under the kernel's names, giving the kernel's
 * values. Lengths must be constants, so that the loops can be unrolled.
 */
#pragma once
#include <linux/log2.h>

#define JHASH_INITVAL 0xdeadbeef
#define jhash_size(n) ((u32)1 << (n))
#define jhash_mask(n) (jhash_size(n) - 1)

#define __jhash_mix(a, b, c) \
	do { \
		(a) -= (c); (a) ^= rol32(c, 4); (c) += (b); \
		(b) -= (a); (b) ^= rol32(a, 6); (a) += (c); \
		(c) -= (b); (c) ^= rol32(b, 8); (b) += (a); \
		(a) -= (c); (a) ^= rol32(c, 16); (c) += (b); \
		(b) -= (a); (b) ^= rol32(a, 19); (a) += (c); \
		(c) -= (b); (c) ^= rol32(b, 4); (b) += (a); \
	} while (0)

#define __jhash_final(a, b, c) \
	do { \
		(c) ^= (b); (c) -= rol32(b, 14); \
		(a) ^= (c); (a) -= rol32(c, 11); \
		(b) ^= (a); (b) -= rol32(a, 25); \
		(c) ^= (b); (c) -= rol32(b, 16); \
		(a) ^= (c); (a) -= rol32(c, 4); \
		(b) ^= (a); (b) -= rol32(a, 14); \
		(c) ^= (b); (c) -= rol32(b, 24); \
	} while (0)

struct skbscope_unaligned32 { u32 value; } __attribute__((__packed__));

static inline u32 jhash(const void *key, u32 length, u32 initval)
{
	const u8 *byte = key;
	u32 a, b, c;

	a = b = c = JHASH_INITVAL + length + initval;
	while (length > 12) {
		a += ((const struct skbscope_unaligned32 *)byte)[0].value;
		b += ((const struct skbscope_unaligned32 *)byte)[1].value;
		c += ((const struct skbscope_unaligned32 *)byte)[2].value;
		__jhash_mix(a, b, c);
		length -= 12;
		byte += 12;
	}
	if (length == 0)
		return c;
	for (u32 i = 0; i < 12; i++) {
		u32 part = i < length ? (u32)byte[i] << (8 * (i & 3)) : 0;

		if (i < 4)
			a += part;
		else if (i < 8)
			b += part;
		else
			c += part;
	}
	__jhash_final(a, b, c);
	return c;
}

static inline u32 jhash2(const u32 *key, u32 words, u32 initval)
{
	u32 a, b, c;

	a = b = c = JHASH_INITVAL + (words << 2) + initval;
	while (words > 3) {
		a += key[0];
		b += key[1];
		c += key[2];
		__jhash_mix(a, b, c);
		words -= 3;
		key += 3;
	}
	if (words == 0)
		return c;
	a += key[0];
	if (words > 1)
		b += key[1];
	if (words > 2)
		c += key[2];
	__jhash_final(a, b, c);
	return c;
}

static inline u32 __jhash_nwords(u32 a, u32 b, u32 c, u32 initval)
{
	a += initval;
	b += initval;
	c += initval;
	__jhash_final(a, b, c);
	return c;
}
static inline u32 jhash_3words(u32 a, u32 b, u32 c, u32 initval)
{
	return __jhash_nwords(a, b, c, initval + JHASH_INITVAL + (3 << 2));
}
static inline u32 jhash_2words(u32 a, u32 b, u32 initval)
{
	return __jhash_nwords(a, b, 0, initval + JHASH_INITVAL + (2 << 2));
}
static inline u32 jhash_1word(u32 a, u32 initval)
{
	return __jhash_nwords(a, 0, 0, initval + JHASH_INITVAL + (1 << 2));
}
