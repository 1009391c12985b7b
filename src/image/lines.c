/* SPDX-License-Identifier: Apache-2.0 */
#include "image/lines.h"

#include <errno.h>
#include <search.h>
#include <string.h>

#include "image/image.h"
#include "image/opcode.h"

#define HOPS_MAX 8 /* through blocks that say nothing of their line */

int lines_new(struct lines *lines)
{
	*lines = (struct lines){ .arena = arena_new() };
	return lines->arena ? 0 : -ENOMEM;
}

static void keep(void *node)
{
	(void)node; /* it is the arena's */
}

void lines_clear(struct lines *lines)
{
	tdestroy(lines->line_tree, keep);
	tdestroy(lines->way_tree, keep);
	arena_free(lines->arena);
	*lines = (struct lines){ .arena = NULL };
}

static int compare_numbers(uint32_t a, uint32_t b)
{
	return a < b ? -1 : a > b;
}

static int compare_places(const struct line_place *a, const struct line_place *b)
{
	int r = strcmp(a->file ? a->file : "", b->file ? b->file : "");

	if (r == 0)
		r = compare_numbers(a->line, b->line);
	return r ? r : compare_numbers(a->column, b->column);
}

static int compare_lines(const void *a, const void *b)
{
	return compare_places(&((const struct line *)a)->place, &((const struct line *)b)->place);
}

static int compare_ways(const void *a, const void *b)
{
	const struct line_way *first = a, *second = b;
	int r = compare_places(&first->from, &second->from);

	return r ? r : compare_places(&first->to, &second->to);
}

/* The one that is there, or a copy of it that is there from now on; NULL: no memory. */
static void *find(struct arena *arena, void **tree, const void *like, size_t size,
		  int (*compare)(const void *, const void *))
{
	void *const *there = tfind(like, tree, compare);
	void *made;

	if (there)
		return *there;
	made = arena_copy(arena, like, 1, size);
	if (!made || !tsearch(made, tree, compare))
		return NULL;
	return made;
}

static struct line_place place_at(const struct skbscope_image *image,
				  const struct skbscope_image_program *program,
				  uint32_t instruction)
{
	struct image_place place;

	if (!image_place(image, program, instruction, &place))
		return (struct line_place){ .file = NULL };
	return (struct line_place){ place.file, place.line, place.column };
}

static bool add_record(struct lines *lines, const struct skbscope_image *image,
		       const struct skbscope_image_program *program,
		       const struct bpf_line_info *record, bool ran)
{
	struct image_place place;
	struct line like = { .ran = false }, *line;
	const size_t before = lines->count;

	if (!BPF_LINE_INFO_LINE_NUM(record->line_col) ||
	    !image_place(image, program, record->insn_off, &place))
		return true;
	like.place = (struct line_place){ .file = place.file, .line = place.line };
	line = find(lines->arena, &lines->line_tree, &like, sizeof(like), compare_lines);
	if (!line)
		return false;
	if (!line->text) {
		line->place.file = arena_string(lines->arena, place.file);
		line->text = arena_string(lines->arena, place.source + strspn(place.source, " \t"));
		lines->count = before + 1;
	}
	line->ran |= ran;
	return !arena_failed(lines->arena);
}

static bool ends(const struct points *points, uint32_t instruction)
{
	return instruction >= points->instruction_count ||
	       points->of_block[instruction] != POINTS_NONE;
}

/* The first line that is gone through from an instruction that begins a block on. */
static struct line_place place_from(const struct skbscope_image *image,
				    const struct skbscope_image_program *program,
				    const struct points *points, uint32_t at)
{
	uint32_t record = 0;

	for (int hops = 0; hops < HOPS_MAX; hops++) {
		uint32_t end = at + 1, last;
		int64_t target;

		while (!ends(points, end))
			end++;
		for (record = 0; record < program->line_count; record++) {
			const struct bpf_line_info *info = &program->lines[record];

			if (info->insn_off >= at && info->insn_off < end &&
			    BPF_LINE_INFO_LINE_NUM(info->line_col))
				return place_at(image, program, info->insn_off);
		}
		last = end - 1;
		if (opcode_is_exit(program->instructions[last].code))
			break;
		if (!opcode_is_always_jump(program->instructions[last].code))
			at = end;
		else if (opcode_target(&program->instructions[last], last, &target))
			at = (uint32_t)target;
		if (at >= points->instruction_count)
			break;
	}
	return (struct line_place){ .file = NULL };
}

static bool add_way(struct lines *lines, struct line_place from, struct line_place to, bool asked,
		    bool ran)
{
	struct line_way like = { from, to, false, false }, *way;
	const size_t before = lines->way_count;

	if (!from.file)
		return true;
	way = find(lines->arena, &lines->way_tree, &like, sizeof(like), compare_ways);
	if (!way)
		return false;
	if (way->from.file == from.file) { /* new: not yet a copy */
		way->from.file = arena_string(lines->arena, from.file);
		way->to.file = arena_string(lines->arena, to.file);
		lines->way_count = before + 1;
	}
	way->asked |= asked;
	way->ran |= ran;
	return !arena_failed(lines->arena);
}

static bool add_branch(struct lines *lines, const struct skbscope_image *image,
		       const struct skbscope_image_program *program, const struct points *points,
		       const struct points_branch *branch, const uint8_t *ran)
{
	const struct line_place from = place_at(image, program, branch->at);
	const bool asked = ran[branch->taken] || ran[branch->passed];

	return add_way(lines, from, place_from(image, program, points, branch->target), asked,
		       ran[branch->taken]) &&
	       add_way(lines, from, place_from(image, program, points, branch->at + 1), asked,
		       ran[branch->passed]);
}

int lines_add(struct lines *lines, const struct skbscope_image *image,
	      const struct skbscope_image_program *program, const struct points *points,
	      const uint8_t *ran)
{
	bool fine = true;

	for (uint32_t i = 0; fine && i < program->line_count; i++) {
		const struct bpf_line_info *record = &program->lines[i];

		fine = add_record(lines, image, program, record,
				  ran[points_at(points, record->insn_off)]);
	}
	for (uint32_t i = 0; fine && i < points->branch_count; i++)
		fine = add_branch(lines, image, program, points, &points->branches[i], ran);
	return fine ? 0 : -ENOMEM;
}

/* twalk_r() hands over nodes, of which the first member is what was put in. */
struct gathering {
	void **out;
	size_t count;
};

static void gather(const void *node, VISIT visit, void *context)
{
	struct gathering *gathering = context;

	if (visit == postorder || visit == leaf)
		gathering->out[gathering->count++] = *(void *const *)node;
}

static bool is_on(const struct line_way *way, const struct line *line)
{
	return way->from.line == line->place.line && strcmp(way->from.file, line->place.file) == 0;
}

/* Both are in the same order. */
static void share_out(struct lines *lines)
{
	size_t way = 0;

	for (size_t i = 0; i < lines->count; i++) {
		struct line *line = lines->items[i];

		while (way < lines->way_count &&
		       compare_places(&lines->ways[way]->from, &line->place) < 0)
			way++;
		line->ways = &lines->ways[way];
		line->way_count = 0;
		while (way < lines->way_count && is_on(lines->ways[way], line)) {
			way++;
			line->way_count++;
		}
	}
}

int lines_finish(struct lines *lines)
{
	struct gathering gathering = { 0 };

	lines->items = ARENA_ARRAY(lines->arena, struct line *, lines->count);
	lines->ways = ARENA_ARRAY(lines->arena, struct line_way *, lines->way_count);
	if (!lines->items || !lines->ways)
		return -ENOMEM;
	gathering.out = (void **)lines->items;
	twalk_r(lines->line_tree, gather, &gathering);
	gathering = (struct gathering){ (void **)lines->ways, 0 };
	twalk_r(lines->way_tree, gather, &gathering);
	share_out(lines);
	return 0;
}
