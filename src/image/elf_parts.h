/* SPDX-License-Identifier: Apache-2.0 */
/* The parts of an object that is being made: shared by the elf files. */
#ifndef IMAGE_ELF_PARTS_H
#define IMAGE_ELF_PARTS_H

#include <bpf/btf.h>

#include "base/buffer.h"
#include "image/elf.h"
#include "image/rewrite.h"

#define ELF_STAGE SKBSCOPE_STAGE_RENDER

/* Where a map is in the section of maps, and its symbol. */
struct elf_map {
	uint32_t offset, size;
	uint32_t symbol;
};

enum elf_code { ELF_CODE_FIRST, ELF_CODE_SECOND, ELF_CODE_COUNT };

/* A section of functions, its relocations, and its records as .BTF.ext has them. */
struct elf_section {
	struct buffer code, relocations, functions, lines;
	uint32_t function_count, line_count;
};

struct elf_parts {
	const struct elf_request *request;
	struct btf *btf;      /* the image's, and types of the maps */
	struct elf_map *maps; /* the image's, and the verdicts behind them */
	size_t map_count;
	struct buffer map_data, map_relocations;
	struct elf_section sections[ELF_CODE_COUNT];
	struct buffer symbols, strings, extension;
	uint32_t *function_symbols; /* in the request's order */
	struct skbscope_error *error;
};

/* Types of the maps into parts->btf, and where each is; their initial slots stay zero. */
int elf_add_maps(struct elf_parts *parts);
/* The slots of a prog array that have a function from the start. */
uint32_t elf_tail_slots(const struct skbscope_image *image, const struct skbscope_image_map *map);

/* Functions: code, symbols, relocations and records. */
int elf_add_functions(struct elf_parts *parts);
/* parts->extension, of the sections' records. */
int elf_add_extension(struct elf_parts *parts);

/* The number of the symbol. */
uint32_t elf_add_symbol(struct elf_parts *parts, const char *name, int type, uint16_t section,
			uint64_t offset, uint64_t size);

/* The numbers of sections, which symbols refer to. */
enum {
	ELF_INDEX_FIRST = 1,
	ELF_INDEX_SECOND,
	ELF_INDEX_MAPS,
};

#endif
