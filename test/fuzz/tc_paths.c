/* SPDX-License-Identifier: Apache-2.0 */
/* Single paths through a program that tc_program_make() made: it has no loops. */
#include <string.h>

#include "image/assemble.h"
#include "image/opcode.h"
#include "tc_programs.h"

/* Whether the packet is long enough, or a lookup found something, is asked on any path: if
 * so, over the end. */
static bool is_over_end(const struct bpf_insn *insn)
{
	return insn->off == 2 && opcode_is_exit(insn[2].code);
}

static void add(struct tc_program *path, const struct bpf_insn *insns, uint32_t count)
{
	if (opcode_is_wide(insns->code))
		path->map_loads[path->map_load_count++] = path->count;
	memcpy(&path->insns[path->count], insns, count * sizeof(*insns));
	path->count += count;
}

uint32_t tc_program_follow(const struct tc_program *program, uint32_t ways, struct tc_program *path)
{
	const struct bpf_insn end[] = { MOV_IMM(0, 0), EXIT };
	uint32_t branches = 0;

	path->count = path->map_load_count = 0;
	for (uint32_t at = 0; at + 2 < program->count && path->count + 5 < TC_PROGRAM_MAX; at++) {
		const struct bpf_insn *insn = &program->insns[at];
		const bool jumps = opcode_is_branch(insn->code) && !opcode_is_call(insn->code);
		const uint32_t together = jumps && is_over_end(insn)   ? 3
					  : opcode_is_wide(insn->code) ? 2
								       : 1;

		if (!jumps || together > 1) {
			add(path, insn, together);
			at += together - 1;
		} else if (opcode_is_exit(insn->code)) {
			break;
		} else if (opcode_is_always_jump(insn->code) || ways >> branches++ & 1) {
			at = (uint32_t)((int32_t)at + insn->off);
		}
	}
	add(path, end, 2);
	return branches;
}
