/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The passive contract, on instructions: every exit of a function becomes a jump
 * to one epilogue that counts the verdict in a per-CPU array and then answers
 * TC_ACT_UNSPEC (passive) or the verdict itself (enforced).
 */
#ifndef IMAGE_PASSIVE_H
#define IMAGE_PASSIVE_H

#include <stdint.h>

/* The verdict map: BPF_MAP_TYPE_PERCPU_ARRAY, u32 → u64, PASSIVE_SLOTS entries a
 * loaded function. Slot verdict + 1 for TC_ACT_UNSPEC (-1) to TC_ACT_TRAP (8);
 * the last for everything else, which the kernel treats as TC_ACT_UNSPEC. */
#define PASSIVE_SLOTS 11u

/* INT32_MIN for the last slot, as in struct skbscope_verdict_count. */
int32_t passive_slot_verdict(uint32_t slot);

#endif
