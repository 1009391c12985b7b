/* SPDX-License-Identifier: Apache-2.0 */
/* When there is a text for prints in front, and what its constants become. */
#include "worker/prints.h"

#include <linux/bpf.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/io.h"
#include "base/span.h"
#include "base/text.h"
#include "compile/as_typed.h"
#include "compile/line_map.h"
#include "image/image.h"
#include "worker/lines.h"
#include "worker/opened_files.h"
#include "worker/scan.h"

#define WORD "bpf_trace_printk"
#define MACROS_MAX 32
#define HEADER_MAX_BYTES (4u << 20)

/* What is called, and what libbcc makes of it, which some write themselves. */
static const char *const words[] = { WORD, WORD "_" };

enum prints prints_of(const struct worker_request *request)
{
	if (!request->prints)
		return PRINTS_NONE;
	if (scan_directives(request->text, request->text_length, WORD, NULL, 0))
		return PRINTS_MACROS;
	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++)
		if (scan_first_line(request->text, request->text_length, words[i]) != UINT32_MAX)
			return PRINTS_CALLS;
	return PRINTS_NONE;
}

static bool has_word(const char *text)
{
	const size_t length = strlen(WORD);

	for (const char *at = text; (at = strstr(at, WORD)); at++)
		if ((at == text || !text_is_word(at[-1])) &&
		    !text_is_word(at[length + (at[length] == '_')]))
			return true;
	return false;
}

/* A word in a comment costs a second compilation, no more. */
bool prints_in_headers(const struct worker_request *request)
{
	size_t count;
	const char *const *files = opened_files(&count);

	for (size_t i = 0; request->prints && i < count; i++) {
		AUTO(buffer_free) struct buffer content = { 0 };

		if (lines_users_header(request, files[i]) &&
		    read_file(files[i], HEADER_MAX_BYTES, &content) == 0 &&
		    has_word(buffer_text(&content)))
			return true;
	}
	return false;
}

void prints_put(enum prints prints, struct buffer *out)
{
	if (prints == PRINTS_NONE)
		return;
	buffer_string(out, prints_begin);
	buffer_string(out, prints == PRINTS_CALLS ? prints_of_calls : prints_of_macros);
	buffer_string(out, prints_end);
}

static uint32_t header_of(const struct skbscope_image *image,
			  const struct skbscope_image_program *program, uint32_t instruction)
{
	struct image_place place;

	if (!image_place(image, program, instruction, &place) || !place.file)
		return PRINT_INDEX_NONE;
	for (size_t i = 0; i < image->include_count && i < PRINT_INDEX_NONE; i++)
		if (strcmp(image->includes[i], place.file) == 0)
			return (uint32_t)i;
	return PRINT_INDEX_NONE;
}

/* A macro's line is the one where its arguments end. */
static uint32_t begin_of(const struct worker_request *request, uint32_t line)
{
	struct span names[MACROS_MAX + 1] = { span_of(WORD) };
	size_t count = 1 + scan_directives(request->text, request->text_length, WORD, names + 1,
					   MACROS_MAX);

	for (size_t i = 0; i < count && i <= MACROS_MAX; i++) {
		uint32_t begin =
			scan_call_line(request->text, request->text_length, names[i], line);

		if (begin)
			return begin;
	}
	return line;
}

static uint32_t line_of(const struct worker_request *request, const struct line_map *map,
			uint32_t compiled)
{
	bool unchanged;

	if (map)
		compiled = line_map_original(map, compiled, &unchanged);
	return as_typed_line(request, begin_of(request, compiled));
}

/* The instruction that loads a number of 64 bits, and its second half. */
static bool is_unplaced(const struct bpf_insn *instruction)
{
	return !instruction[0].src_reg && (uint32_t)instruction[1].imm == PRINT_UNPLACED;
}

static void place(const struct skbscope_image *image, uint32_t program, uint32_t instruction,
		  const struct worker_request *request, const struct line_map *map)
{
	const struct skbscope_image_program *function = &image->programs[program];
	struct bpf_insn *at = (struct bpf_insn *)(uintptr_t)&function->instructions[instruction];
	uint32_t line = (uint32_t)at->imm, header = PRINT_INDEX_NONE;
	uint64_t number;

	if (line & PRINT_IN_HEADER) {
		header = header_of(image, function, instruction);
		line &= ~PRINT_IN_HEADER;
	} else {
		line = line_of(request, map, line);
	}
	number = print_place(program, header, line);
	at[0].imm = (int32_t)(uint32_t)number;
	at[1].imm = (int32_t)(uint32_t)(number >> 32);
}

void prints_place(struct skbscope_image *image, const struct worker_request *request,
		  const struct line_map *map)
{
	for (uint32_t p = 0; p < image->program_count; p++) {
		const struct skbscope_image_program *function = &image->programs[p];

		for (uint32_t i = 0; i + 1 < function->instruction_count; i++) {
			if (function->instructions[i].code != (BPF_LD | BPF_DW | BPF_IMM))
				continue;
			if (is_unplaced(&function->instructions[i]))
				place(image, p, i, request, map);
			i++;
		}
	}
}
