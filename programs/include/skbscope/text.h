/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Text in packets, eight bytes at a time, and loops over it that the verifier walks once.
 *
 * What is known of a register or of the stack makes a round of a loop look new to the verifier, and
 * it walks on from each; what is in a map it does not know. So a loop over text keeps its state in a
 * value of a map, forgets at each round, and compares an index where it is used:
 *
 *	for (u32 i = 0; i < MOST; i++) {
 *		u64 at;
 *
 *		FORGET();
 *		at = scratch->at;
 *		COMPARED(at);
 *		if (at >= TEXT_SIZE)
 *			break;
 *		...
 *		scratch->at = at + 1;
 *	}
 */
#ifndef SKBSCOPE_TEXT_H
#define SKBSCOPE_TEXT_H

#include <uapi/linux/types.h>

/* What is in memory is read anew. */
#define FORGET() asm volatile("" ::: "memory")
/* The compiler is kept from comparing one copy of an index and using another, which the verifier
 * does not know to be the same. */
#define COMPARED(index) asm volatile("" : "+r"(index))

static inline u64 eight(const u8 *at)
{
	return *(const u64 *)at;
}

static inline u32 four(const u8 *at)
{
	return *(const u32 *)at;
}

/* As four() and eight() read them; a number of which each byte is the same. */
#define WORD(a, b, c, d) ((u32)(a) | (u32)(b) << 8 | (u32)(c) << 16 | (u32)(d) << 24)
#define TWO_WORDS(a, b, c, d, e, f, g, h) ((u64)WORD(e, f, g, h) << 32 | WORD(a, b, c, d))
#define EACH_BYTE(byte) ((byte) * 0x0101010101010101ULL)
/* Or'ed with it, letters are small ones, digits and most signs as they were. */
#define SMALL_LETTERS EACH_BYTE(0x20)

/* 0 where none of the eight bytes is 0; else of the first that is, the highest bit, and perhaps
 * those of others behind it. */
static inline u64 zeros_in(u64 word)
{
	return (word - EACH_BYTE(0x01)) & ~word & EACH_BYTE(0x80);
}

/* How many bytes are before the first that it found. */
static inline u64 before_zero(u64 zeros)
{
	zeros = ((zeros & -zeros) - 1) & EACH_BYTE(0x01);
	return (zeros * EACH_BYTE(0x01) >> 56) - 1;
}

/* How many of the eight bytes, from the first on, are digits or letters: what is before a blank, CR,
 * semicolon, or any sign that comes before the digits. 8: all. */
static inline u64 letters_in(u64 word)
{
	u64 end = ~((word & EACH_BYTE(0x7f)) + EACH_BYTE(0x50)) & EACH_BYTE(0x80);

	end |= zeros_in(word ^ EACH_BYTE(';'));
	return end ? before_zero(end) : 8;
}

/* The first COUNT of the eight bytes, and zeros. COUNT is 0 to 8; no number can be shifted by 64 at once. */
static inline u64 first_bytes(u64 word, u64 count)
{
	u64 by = 32 - count * 4;

	return word << by << by >> by >> by;
}

/* What COUNT digits stand for; base 10 or 16, in which letters are digits, too. */
static inline u64 number_of(u64 word, u64 count, u64 base)
{
	u64 digits = (word & EACH_BYTE(0x0f)) + (word >> 6 & EACH_BYTE(0x01)) * 9;
	u64 by = 32 - count * 4;

	digits = digits << by << by;	/* zeros in front */
	digits = (digits * base + (digits >> 8)) & 0x00ff00ff00ff00ff;
	digits = (digits * base * base + (digits >> 16)) & 0x0000ffff0000ffff;
	return (digits * base * base * base * base + (digits >> 32)) & 0xffffffff;
}

#endif
