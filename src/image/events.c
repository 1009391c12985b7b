/* SPDX-License-Identifier: Apache-2.0 */
/* From the calls that submit events to what is known of each table's. */
#include "image/events.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/cleanup.h"
#include "image/audit.h"
#include "image/opcode.h"

/* All that is submitted to one map, or (the last) to nobody knows which. */
struct submitted {
	bool any, has_rest;
	uint32_t size; /* of the first; 0 once there was another */
	const char *function;
};

static bool is_call(const struct bpf_insn *insn, int32_t helper)
{
	return insn->code == (BPF_JMP | BPF_CALL) && insn->src_reg == 0 && insn->imm == helper;
}

/* Whether a jump leads to one of the instructions behind FROM, up to TO. */
static bool is_entered(const struct skbscope_image_program *program, uint32_t from, uint32_t to)
{
	for (uint32_t i = 0; i < program->instruction_count; i++) {
		const struct bpf_insn *insn = &program->instructions[i];
		int64_t target;

		if (opcode_is_wide(insn->code)) {
			i++;
			continue;
		}
		if (opcode_is_branch(insn->code) && !opcode_is_call(insn->code) &&
		    !opcode_is_exit(insn->code) &&
		    (!opcode_target(insn, i, &target) || (target > from && target <= to)))
			return true;
	}
	return false;
}

/* The upper half of the flags says how much of the packet is to follow. They are a constant
 * put into r3 just before the call, if nothing is; all else is taken for something. */
static bool asks_for_packet(const struct skbscope_image_program *program, uint32_t call)
{
	const struct bpf_insn *insns = program->instructions;

	for (uint32_t i = call; i-- > 0;) {
		const struct bpf_insn *insn = &insns[i];

		/* The second half of a 64-bit load is nothing by itself. */
		if (insn->code == 0 && i > 0 && opcode_is_wide(insns[i - 1].code))
			insn = &insns[--i];
		if (opcode_is_branch(insn->code))
			return true;
		if (insn->dst_reg != BPF_REG_3 || BPF_CLASS(insn->code) == BPF_ST ||
		    BPF_CLASS(insn->code) == BPF_STX)
			continue;
		if (is_entered(program, i, call))
			return true;
		if (opcode_is_wide(insn->code))
			return insn->src_reg != 0 || insns[i + 1].imm != 0;
		return insn->code != (BPF_ALU | BPF_MOV | BPF_K) &&
		       (insn->code != (BPF_ALU64 | BPF_MOV | BPF_K) || insn->imm < 0);
	}
	return true;
}

static void add_use(const struct skbscope_image_program *program,
		    const struct audit_finding *finding, struct submitted *out)
{
	if (!out->any) {
		out->size = finding->size;
		out->function = program->name;
	}
	if (out->size != finding->size)
		out->size = 0;
	if (out->function && strcmp(out->function, program->name) != 0)
		out->function = NULL;
	out->any = true;
	if (is_call(&program->instructions[finding->instruction], BPF_FUNC_perf_event_output) &&
	    asks_for_packet(program, finding->instruction))
		out->has_rest = true;
}

static int add_function(const struct skbscope_image *image,
			const struct skbscope_image_program *program, struct submitted *list)
{
	AUTO(freep) struct audit_finding *uses = NULL;
	size_t count = 0;
	int r = audit_uses(image, program, &uses, &count);

	for (size_t i = 0; i < count && r == 0; i++) {
		const bool known = uses[i].map >= 0 && (size_t)uses[i].map < image->map_count;

		/* Of maps that stand in several registers the helper's own is the first. */
		if (uses[i].kind == AUDIT_SUBMITS &&
		    (!i || uses[i - 1].instruction != uses[i].instruction))
			add_use(program, &uses[i],
				&list[known ? (size_t)uses[i].map : image->map_count]);
	}
	return r;
}

static bool holds_events(const struct skbscope_image_map *map)
{
	return map->type == BPF_MAP_TYPE_PERF_EVENT_ARRAY || map->type == BPF_MAP_TYPE_RINGBUF;
}

static int keep(const struct submitted *submitted, const struct submitted *unknown,
		struct arena *arena, struct skbscope_image_map *map)
{
	struct skbscope_image_events *events;

	if (!holds_events(map) || map->pin_path || !(submitted->any || unknown->any))
		return 0;
	events = ARENA_NEW(arena, struct skbscope_image_events);
	if (!events)
		return -ENOMEM;
	*events = (struct skbscope_image_events){
		.size = unknown->any ? 0 : submitted->size,
		.has_rest = submitted->has_rest || unknown->any,
		.function = unknown->any ? NULL : submitted->function,
	};
	map->events = events;
	return 0;
}

int events_fill(struct skbscope_image *image)
{
	AUTO(freep) struct submitted *list = calloc(image->map_count + 1, sizeof(*list));
	bool any = false;
	int r = list ? 0 : -ENOMEM;

	for (size_t i = 0; i < image->map_count; i++)
		any |= holds_events(&image->maps[i]);
	for (size_t i = 0; any && i < image->program_count && r == 0; i++)
		r = add_function(image, &image->programs[i], list);
	for (size_t i = 0; any && i < image->map_count && r == 0; i++)
		/* The public view is const for its readers, not for its maker. */
		r = keep(&list[i], &list[image->map_count], arena_of(image),
			 (struct skbscope_image_map *)&image->maps[i]);
	return r;
}

enum events_buffer events_buffer_of(const struct skbscope_image_map *map, bool has_rings)
{
	if (!map->events)
		return EVENTS_NONE;
	if (map->type == BPF_MAP_TYPE_RINGBUF)
		return EVENTS_RING;
	return has_rings && !map->events->has_rest ? EVENTS_AS_RING : EVENTS_PERF;
}

bool events_any(const struct skbscope_image *image)
{
	for (size_t i = 0; i < image->map_count; i++)
		if (image->maps[i].events)
			return true;
	return false;
}

static bool is_array(const struct skbscope_image_map *map)
{
	return map->type == BPF_MAP_TYPE_ARRAY || map->type == BPF_MAP_TYPE_PERCPU_ARRAY;
}

int events_count_indexes(const struct skbscope_image *image, bool *counts)
{
	bool any = false;
	int r = 0;

	for (size_t i = 0; i < image->map_count; i++) {
		counts[i] = false;
		any |= is_array(&image->maps[i]);
	}
	for (size_t i = 0; any && i < image->program_count && r == 0; i++) {
		AUTO(freep) struct audit_finding *uses = NULL;
		size_t count = 0;

		r = audit_uses(image, &image->programs[i], &uses, &count);
		for (size_t j = 0; j < count && r == 0; j++)
			if ((uses[j].kind == AUDIT_STORES || uses[j].kind == AUDIT_FILLS) &&
			    uses[j].map >= 0 && (size_t)uses[j].map < image->map_count)
				counts[uses[j].map] = is_array(&image->maps[uses[j].map]);
	}
	return r;
}
