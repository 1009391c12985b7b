/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Histograms beside counts: a member of a value that is an array of buckets, in powers of two.
 * Of each row skbscope shows how many values it has counted, and their percentiles.
 *
 *	struct answered {
 *		count_t answers;
 *		ns_bucket_t response[36];
 *	};
 *
 *	histogram_add(answered->response, now - asked);
 *
 * Bucket n counts the values whose highest bit is the nth: 0, 1, 2 to 3, 4 to 7, and so on.
 * The last one counts all that is larger, too: of 36 it begins at 2^34, which is 17 seconds
 * of nanoseconds, of 17 at 2^15, which is the half of 64 KiB. At most 65 are of use.
 */
#ifndef SKBSCOPE_HISTOGRAM_H
#define SKBSCOPE_HISTOGRAM_H

#include <skbscope/types.h>

/* The bits that a number takes; 0 takes none. In a row, and not by halves: each comparison
 * would double the paths that the verifier walks from here on. */
static inline u64 bits_taken(u64 number)
{
	number |= number >> 1;
	number |= number >> 2;
	number |= number >> 4;
	number |= number >> 8;
	number |= number >> 16;
	number |= number >> 32;
	/* All ones now: they are counted in pairs, fours and eights side by side. */
	number -= number >> 1 & 0x5555555555555555;
	number = (number & 0x3333333333333333) + (number >> 2 & 0x3333333333333333);
	number = (number + (number >> 4)) & 0x0f0f0f0f0f0f0f0f;
	return number * 0x0101010101010101 >> 56;
}

static inline u64 bucket_of(u64 number, u64 buckets)
{
	u64 bits = bits_taken(number);

	/* Else the compiler compares it before it is shifted, and the verifier, which follows
	 * registers, does not learn what the index can be. */
	asm volatile("" : "+r"(bits));
	return bits < buckets ? bits : buckets - 1;
}

#define HISTOGRAM_BUCKET(histogram, number)                                                        \
	(histogram)[bucket_of(number, sizeof(histogram) / sizeof((histogram)[0]))]

/* One more of NUMBER. In a per-CPU table: */
#define histogram_add(histogram, number) (HISTOGRAM_BUCKET(histogram, number)++)
/* In one that all CPUs share: */
#define histogram_add_shared(histogram, number)                                                    \
	lock_xadd(&HISTOGRAM_BUCKET(histogram, number), 1)

#endif
