/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The path by which the verifier came to the instruction it refuses, read from its log
 * backwards: where the contents of a register come from. Instructions are printed alike
 * by every kernel, the states of registers are not.
 */
#ifndef KERNEL_VERIFIER_PATH_H
#define KERNEL_VERIFIER_PATH_H

#include <stdbool.h>
#include <stdint.h>

#include "base/span.h"

struct path {
	struct span before; /* the log in front of the instruction */
	int32_t next;       /* the instruction's index */
	uint32_t left;      /* how many steps may be taken yet */
};

struct path path_before(const char *log, const char *instruction);

enum origin_kind {
	ORIGIN_UNKNOWN,
	ORIGIN_CONTEXT,    /* skb, the function's argument */
	ORIGIN_PACKET,     /* skb->data */
	ORIGIN_PACKET_END, /* skb->data_end */
	ORIGIN_FIELD,      /* any other field of skb */
	ORIGIN_CONSTANT,
	ORIGIN_SYMBOL,      /* the address of what has none in BPF: data outside the function */
	ORIGIN_PACKET_LOAD, /* what cursor_advance() and load_byte() read */
	ORIGIN_MEMORY,      /* read from anywhere else */
	ORIGIN_DIFFERENCE,  /* of two pointers */
	ORIGIN_HELPER,      /* a helper returned it */
};

struct origin {
	enum origin_kind kind;
	struct span helper; /* ORIGIN_HELPER: its name */
	int32_t added;      /* the last instruction that added a register to it, or -1 */
	bool narrowed;      /* cut to 32 bits on the way */
	bool moved;         /* a helper that moves the packet was called since */
	bool released;      /* so was one that gives memory or a socket back */
};

struct origin path_origin(const struct path *path, int reg);

enum comparison {
	COMPARISON_NONE,  /* with the packet's end, on this path */
	COMPARISON_OTHER, /* of another pointer than this */
	COMPARISON_SAME,
	COMPARISON_DIFFERENCE, /* a pointer was subtracted from it, or it from a pointer */
};

enum comparison path_compared(const struct path *path, const struct origin *pointer);

#endif
