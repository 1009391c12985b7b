/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The bytes of one bpf_trace_printk(). A macro in front of the user's text writes them to a
 * ring (worker/prints_text.c), the worker puts the place in, and model/print.c reads them.
 *
 *   the head
 *   a word of 8 bytes for each value
 *   for each value that points somewhere: how many bytes were read there, 8 bytes, and
 *   the room for them, a multiple of 8
 *   the format with its NUL
 */
#ifndef BASE_PRINT_RECORD_H
#define BASE_PRINT_RECORD_H

#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#define PRINT_TABLE "____skb_print" /* the ring's name */
#define PRINT_SHOWN "print"         /* what it is called before people */
#define PRINT_MAX_VALUES 8

static inline bool print_is_table(const char *name)
{
	return strcmp(name, PRINT_TABLE) == 0;
}

struct print_head {
	uint64_t time_ns; /* bpf_ktime_get_ns() */
	uint64_t place;   /* print_place() */
	uint8_t kinds[PRINT_MAX_VALUES];
	uint16_t format_size;
	uint16_t count;
	uint32_t zero;
};

/* A kind: the logarithm of the value's own size in two bits, and */
#define PRINT_SIGNED 4u
#define PRINT_POINTS 8u
#define PRINT_ROOM_SHIFT 4 /* the room in units of 8 bytes */

/* What the compiled text has where the worker writes a place: the upper half is this
 * number, the lower one the line, and this bit where that is a header's. */
#define PRINT_UNPLACED 0x5b7c19e3u
#define PRINT_IN_HEADER 0x80000000u

/* The upper byte is never 0: what fits 32 bits would look like something else there. */
#define PRINT_PLACED 0x5bu
#define PRINT_LINE_BITS 24
#define PRINT_INDEX_BITS 16
#define PRINT_INDEX_NONE ((1u << PRINT_INDEX_BITS) - 1)

/* Program and header are indexes into the image's programs and includes. */
static inline uint64_t print_place(uint32_t program, uint32_t header, uint32_t line)
{
	const uint32_t line_max = (1u << PRINT_LINE_BITS) - 1;

	return (uint64_t)PRINT_PLACED << 56 |
	       (uint64_t)(program < PRINT_INDEX_NONE ? program : PRINT_INDEX_NONE)
		       << (PRINT_LINE_BITS + PRINT_INDEX_BITS) |
	       (uint64_t)(header < PRINT_INDEX_NONE ? header : PRINT_INDEX_NONE)
		       << PRINT_LINE_BITS |
	       (line < line_max ? line : line_max);
}

static inline uint32_t print_place_line(uint64_t place)
{
	return (uint32_t)(place & ((1u << PRINT_LINE_BITS) - 1));
}

static inline uint32_t print_place_header(uint64_t place)
{
	return (uint32_t)(place >> PRINT_LINE_BITS) & PRINT_INDEX_NONE;
}

static inline uint32_t print_place_program(uint64_t place)
{
	return (uint32_t)(place >> (PRINT_LINE_BITS + PRINT_INDEX_BITS)) & PRINT_INDEX_NONE;
}

#endif
