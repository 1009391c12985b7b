/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Random tc programs of which the kernel's verifier accepts many, made to lead a walk over
 * their instructions astray: pointers of different kinds that meet in one register behind
 * a branch which only the verifier sees through, spilled, filled, moved and used.
 */
#ifndef TEST_FUZZ_TC_PROGRAMS_H
#define TEST_FUZZ_TC_PROGRAMS_H

#include <linux/bpf.h>
#include <stdbool.h>
#include <stdint.h>

#define TC_PROGRAM_MAX 512
#define TC_PROGRAM_VALUE 64 /* bytes of an entry of the map */

struct tc_program {
	struct bpf_insn insns[TC_PROGRAM_MAX];
	uint32_t count;
	uint32_t map_loads[64]; /* instructions whose immediate is the map's descriptor */
	uint32_t map_load_count;
};

/* The same seed, the same program. Without packet data, it is one that a socket filter may
 * be, too, as far as it does not write to struct __sk_buff. */
void tc_program_make(uint64_t seed, bool packet_data, int map, struct tc_program *out);

/* The program on one path alone, which takes the branches of the bits in WAYS; how many
 * branches there were. */
uint32_t tc_program_follow(const struct tc_program *program, uint32_t ways,
			   struct tc_program *path);

#endif
