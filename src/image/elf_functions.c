/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Functions of an object: rewritten as a session does it, with relocations in place of
 * descriptors, and their records for .BTF.ext, whose offsets are bytes of the section.
 */
#include <elf.h>
#include <errno.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/error.h"
#include "image/audit.h"
#include "image/elf_parts.h"
#include "image/passive.h"

#define BYTES(instructions) ((uint32_t)((instructions) * sizeof(struct bpf_insn)))
#define R_BPF_LOAD 1 /* R_BPF_64_64: of a wide load */

static int refuse_changes(const struct elf_parts *parts, const char *function)
{
	return hint(parts->error,
		    fail(parts->error, EPERM, SKBSCOPE_STAGE_USAGE,
			 "the function '%s' changes packets or their metadata", function),
		    "an object is passive by default; pass --enforce to allow this");
}

static int rewrite(const struct elf_parts *parts, const struct elf_function *function,
		   uint32_t first_slot, struct rewritten *out)
{
	const struct elf_request *asked = parts->request;
	AUTO(freep) struct audit_finding *findings = NULL;
	struct rewrite_request request = {
		.passes = asked->enforce ? REWRITE_ENFORCED : REWRITE_PASSIVE,
		.enforce = asked->enforce,
		.first_slot = first_slot,
		.filter = asked->filter,
		.direction = function->direction,
	};

	if (asked->filter && function->direction != FILTER_NO_ENTRY)
		request.passes |= REWRITE_FILTER;
	if (!asked->enforce &&
	    audit_program(asked->image, function->program, &findings, &request.finding_count) < 0)
		return fail_memory(parts->error, ELF_STAGE);
	for (size_t i = 0; i < request.finding_count; i++)
		if (audit_changes_packets(&findings[i]))
			return refuse_changes(parts, function->program->name);
	request.findings = findings;
	return rewrite_program(function->program, &request, out, parts->error);
}

/* An object's loads of maps name their symbol, and are otherwise zero. */
static void relocate(const struct elf_parts *parts, const struct rewritten *code, uint32_t base,
		     struct elf_section *section)
{
	for (size_t i = 0; i < code->relocation_count; i++) {
		const struct skbscope_relocation *from = &code->relocations[i];
		const size_t map =
			from->map == REWRITE_MAP_VERDICTS ? parts->map_count - 1 : from->map;
		const Elf64_Rel to = {
			.r_offset = base + BYTES(from->instruction),
			.r_info = ELF64_R_INFO((uint64_t)parts->maps[map].symbol, R_BPF_LOAD),
		};

		code->instructions[from->instruction].src_reg = 0;
		code->instructions[from->instruction].imm = 0;
		buffer_append(&section->relocations, &to, sizeof(to));
	}
}

static void add_records(const struct rewritten *code, uint32_t base, struct elf_section *section)
{
	for (uint32_t i = 0; i < code->function_count; i++) {
		struct bpf_func_info record = code->functions[i];

		record.insn_off = base + BYTES(record.insn_off);
		buffer_append(&section->functions, &record, sizeof(record));
	}
	for (uint32_t i = 0; i < code->line_count; i++) {
		struct bpf_line_info record = code->lines[i];

		record.insn_off = base + BYTES(record.insn_off);
		buffer_append(&section->lines, &record, sizeof(record));
	}
	section->function_count += code->function_count;
	section->line_count += code->line_count;
}

static int add_function(struct elf_parts *parts, size_t index)
{
	const struct elf_function *function = &parts->request->functions[index];
	struct elf_section *section =
		&parts->sections[function->second ? ELF_CODE_SECOND : ELF_CODE_FIRST];
	AUTO(rewritten_clear) struct rewritten code = { 0 };
	const uint32_t base = (uint32_t)section->code.length;
	int r = rewrite(parts, function, (uint32_t)index * PASSIVE_SLOTS, &code);

	if (r < 0)
		return r;
	relocate(parts, &code, base, section);
	buffer_append(&section->code, code.instructions, BYTES(code.instruction_count));
	parts->function_symbols[index] =
		elf_add_symbol(parts, function->program->name, STT_FUNC,
			       function->second ? ELF_INDEX_SECOND : ELF_INDEX_FIRST, base,
			       BYTES(code.instruction_count));
	add_records(&code, base, section);
	return 0;
}

int elf_add_functions(struct elf_parts *parts)
{
	int r = 0;

	for (size_t i = 0; r == 0 && i < parts->request->function_count; i++)
		r = add_function(parts, i);
	return r;
}

/* struct btf_ext_header of linux/btf.h's documentation; no C header has it. */
struct extension_header {
	uint16_t magic;
	uint8_t version, flags;
	uint32_t header_length;
	uint32_t function_offset, function_length;
	uint32_t line_offset, line_length;
};

struct extension_section {
	uint32_t name;
	uint32_t count;
};

static void add_kind(struct elf_parts *parts, const int *names, uint32_t record_size, bool lines,
		     struct buffer *out)
{
	bool any = false;

	for (int i = 0; i < ELF_CODE_COUNT; i++)
		any |= lines ? parts->sections[i].line_count : parts->sections[i].function_count;
	if (!any)
		return;
	buffer_append(out, &record_size, sizeof(record_size));
	for (int i = 0; i < ELF_CODE_COUNT; i++) {
		const struct elf_section *section = &parts->sections[i];
		const struct buffer *records = lines ? &section->lines : &section->functions;
		const struct extension_section header = { (uint32_t)names[i],
							  lines ? section->line_count
								: section->function_count };

		if (!header.count)
			continue;
		buffer_append(out, &header, sizeof(header));
		buffer_append(out, records->data, records->length);
	}
}

int elf_add_extension(struct elf_parts *parts)
{
	AUTO(buffer_free) struct buffer functions = { 0 };
	AUTO(buffer_free) struct buffer lines = { 0 };
	const int names[ELF_CODE_COUNT] = {
		[ELF_CODE_FIRST] = btf__add_str(parts->btf, ELF_SECTION),
		[ELF_CODE_SECOND] = btf__add_str(parts->btf, ELF_SECTION_SECOND),
	};
	struct extension_header header = {
		.magic = BTF_MAGIC,
		.version = BTF_VERSION,
		.header_length = sizeof(header),
	};

	if (names[ELF_CODE_FIRST] < 0 || names[ELF_CODE_SECOND] < 0)
		return fail_memory(parts->error, ELF_STAGE);
	add_kind(parts, names, sizeof(struct bpf_func_info), false, &functions);
	add_kind(parts, names, sizeof(struct bpf_line_info), true, &lines);
	header.function_length = (uint32_t)functions.length;
	header.line_offset = header.function_length;
	header.line_length = (uint32_t)lines.length;
	buffer_append(&parts->extension, &header, sizeof(header));
	if (functions.length)
		buffer_append(&parts->extension, functions.data, functions.length);
	if (lines.length)
		buffer_append(&parts->extension, lines.data, lines.length);
	return functions.failed || lines.failed ? fail_memory(parts->error, ELF_STAGE) : 0;
}
