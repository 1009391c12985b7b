/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Which registers hold something that is still read. What an instruction may read is over-
 * estimated: a register that is dead here is dead for certain.
 */
#ifndef IMAGE_LIVENESS_H
#define IMAGE_LIVENESS_H

#include <linux/bpf.h>
#include <stddef.h>
#include <stdint.h>

/* For each instruction the registers that are live before it, as bits, in a new array of
 * COUNT that the caller frees; NULL for want of memory. Jumps must be in bounds. */
uint16_t *liveness_find(const struct bpf_insn *insns, uint32_t count);

/* The first of r0 to r9 that is not in LIVE; -1: there is none. */
int liveness_free_register(uint16_t live);

#endif
