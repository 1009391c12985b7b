/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Weighted rendezvous (highest random weight hashing): of several with weights, the same one for
 * the same key, each as often as its weight says, and for no more keys another than a weight that
 * changes says. Each draws a time, exponentially distributed with its weight as the rate, from a
 * hash of the key and of itself; the least of -log2(hash) / weight wins.
 */
#ifndef SKBSCOPE_RENDEZVOUS_H
#define SKBSCOPE_RENDEZVOUS_H

#include <skbscope/types.h>

static inline u64 mixed(u64 x)
{
	x ^= x >> 33;
	x *= 0xff51afd7ed558ccdULL;
	x ^= x >> 33;
	x *= 0xc4ceb9fe1a85ec53ULL;
	return x ^ x >> 33;
}

/* SEED is 0, or of what else is in it. */
static inline u64 hash_of(u64 seed, const ip_address_t *address, u32 more)
{
	seed = mixed(seed ^ ((u64)address->words[0] << 32 | address->words[1]));
	seed = mixed(seed ^ ((u64)address->words[2] << 32 | address->words[3]));
	return mixed(seed ^ more);
}

/* 1 where a is less than b, of numbers below 2^63. No branch, here and in what follows: the verifier
 * would walk both ways of each. The compiler would make one, if it knew that this is 0 or 1. */
static inline u64 is_less(u64 a, u64 b)
{
	a = (a - b) >> 63;
	asm volatile("" : "+r"(a));
	return a;
}

/* -log2(x / 2^32) for x from 1, with 16 bits behind the point. Squaring a number from 1 to 2
 * doubles its logarithm, whose bits so come out one after the other. */
static inline u64 minus_log2(u32 x)
{
	u64 high = x, bits = 0, more;

	more = is_less(0xffff, high) << 4;
	high >>= more, bits |= more;
	more = is_less(0xff, high) << 3;
	high >>= more, bits |= more;
	more = is_less(0xf, high) << 2;
	high >>= more, bits |= more;
	more = is_less(0x3, high) << 1;
	high >>= more, bits |= more;
	bits |= high >> 1;
	high = (u64)x << (31 - bits);
#pragma nounroll
	for (int i = 0; i < 16; i++) {
		high = high * high >> 31;
		more = high >> 32;
		high >>= more;
		bits = bits << 1 | more;
	}
	return (32ULL << 16) - bits;
}

#endif
