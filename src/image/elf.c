/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The object itself: sections by libelf, of parts that the other elf files make.
 *
 *   tc, .reltc                   the entry function of one direction, and tail-call targets
 *   classifier, .relclassifier   that of the other direction, if it is another one
 *   .maps, .rel.maps             the maps; which functions are in prog arrays
 *   license, .BTF, .BTF.ext, .symtab, .strtab, .shstrtab
 */
#include "image/elf.h"

#include <errno.h>
#include <gelf.h>
#include <libelf.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/error.h"
#include "image/elf_parts.h"
#include "image/image.h"

#define R_BPF_ADDRESS 2 /* R_BPF_64_ABS64: of data */

#if __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
#define BYTE_ORDER_HERE ELFDATA2LSB
#else
#define BYTE_ORDER_HERE ELFDATA2MSB
#endif

uint32_t elf_add_symbol(struct elf_parts *parts, const char *name, int type, uint16_t section,
			uint64_t offset, uint64_t size)
{
	const Elf64_Sym symbol = {
		.st_name = (uint32_t)parts->strings.length,
		.st_info = (unsigned char)ELF64_ST_INFO(STB_GLOBAL, type),
		.st_shndx = section,
		.st_value = offset,
		.st_size = size,
	};

	buffer_append(&parts->strings, name, strlen(name) + 1);
	buffer_append(&parts->symbols, &symbol, sizeof(symbol));
	return (uint32_t)(parts->symbols.length / sizeof(symbol)) - 1;
}

static const struct elf_function *function_named(const struct elf_request *request,
						 const char *name, size_t *index)
{
	for (*index = 0; *index < request->function_count; (*index)++)
		if (strcmp(request->functions[*index].program->name, name) == 0)
			return &request->functions[*index];
	return NULL;
}

/* @tail MAP[INDEX] FUNCTION: the loader puts the function there. */
static void fill_prog_arrays(struct elf_parts *parts)
{
	const struct skbscope_image *image = parts->request->image;
	const struct skbscope_documentation *doc = image->documentation;

	for (size_t i = 0; doc && i < doc->tail_count; i++) {
		const struct skbscope_tail *tail = &doc->tails[i];
		const int map = image_find_map(image, tail->map);
		Elf64_Rel slot;
		size_t function;

		if (map < 0 || !function_named(parts->request, tail->function, &function))
			continue; /* nobody calls it */
		slot.r_offset =
			parts->maps[map].offset + parts->maps[map].size -
			(elf_tail_slots(image, &image->maps[map]) - tail->index) * sizeof(uint64_t);
		slot.r_info =
			ELF64_R_INFO((uint64_t)parts->function_symbols[function], R_BPF_ADDRESS);
		buffer_append(&parts->map_relocations, &slot, sizeof(slot));
	}
}

/* What is about to be written; the section's number follows from the order. */
struct writing {
	Elf *elf;
	struct buffer names;
	bool failed;
};

struct section {
	const char *name;
	uint32_t type;
	uint64_t flags;
	Elf_Type kind;
	const void *data;
	size_t size;
	size_t align, entry;
	uint32_t link, info;
};

static size_t put(struct writing *writing, const struct section *section)
{
	Elf_Scn *scn = elf_newscn(writing->elf);
	Elf_Data *data = scn ? elf_newdata(scn) : NULL;
	Elf64_Shdr *header = scn ? elf64_getshdr(scn) : NULL;

	if (!data || !header) {
		writing->failed = true;
		return 0;
	}
	data->d_buf = (void *)(uintptr_t)section->data;
	data->d_size = section->size;
	data->d_type = section->kind;
	data->d_align = section->align;
	data->d_version = EV_CURRENT;
	header->sh_name = (uint32_t)writing->names.length;
	header->sh_type = section->type;
	header->sh_flags = section->flags;
	header->sh_entsize = section->entry;
	header->sh_link = section->link;
	header->sh_info = section->info;
	buffer_append(&writing->names, section->name, strlen(section->name) + 1);
	return elf_ndxscn(scn);
}

static void put_code(struct writing *writing, const char *name, const struct buffer *code)
{
	const struct section section = {
		.name = name,
		.type = SHT_PROGBITS,
		.flags = SHF_ALLOC | SHF_EXECINSTR,
		.kind = ELF_T_BYTE,
		.data = code->data,
		.size = code->length,
		.align = 8,
	};

	put(writing, &section);
}

static void put_data(struct writing *writing, const char *name, const void *data, size_t size,
		     size_t align, uint64_t flags)
{
	const struct section section = {
		.name = name,
		.type = SHT_PROGBITS,
		.flags = flags,
		.kind = ELF_T_BYTE,
		.data = data,
		.size = size,
		.align = align,
	};

	put(writing, &section);
}

static void put_relocations(struct writing *writing, const char *name,
			    const struct buffer *relocations, uint32_t of, uint32_t symbols)
{
	const struct section section = {
		.name = name,
		.type = SHT_REL,
		.kind = ELF_T_REL,
		.data = relocations->data,
		.size = relocations->length,
		.align = 8,
		.entry = sizeof(Elf64_Rel),
		.link = symbols,
		.info = of,
	};

	if (relocations->length)
		put(writing, &section);
}

static uint32_t put_symbols(struct writing *writing, const struct elf_parts *parts)
{
	const struct section strings = {
		.name = ".strtab",
		.type = SHT_STRTAB,
		.kind = ELF_T_BYTE,
		.data = parts->strings.data,
		.size = parts->strings.length,
		.align = 1,
	};
	struct section symbols = {
		.name = ".symtab",
		.type = SHT_SYMTAB,
		.kind = ELF_T_SYM,
		.data = parts->symbols.data,
		.size = parts->symbols.length,
		.align = 8,
		.entry = sizeof(Elf64_Sym),
		.info = 1, /* the first that is global */
	};

	symbols.link = (uint32_t)put(writing, &strings);
	return (uint32_t)put(writing, &symbols);
}

/* The first three have the numbers that symbols were given. */
static void put_all(struct writing *writing, const struct elf_parts *parts)
{
	const struct elf_section *first = &parts->sections[ELF_CODE_FIRST];
	const struct elf_section *second = &parts->sections[ELF_CODE_SECOND];
	const char *license = parts->request->image->license;
	uint32_t btf_size, symbols;
	const void *btf = btf__raw_data(parts->btf, &btf_size);

	writing->failed |= !btf;
	put_code(writing, ELF_SECTION, &first->code);
	/* Without functions it is a place that keeps the numbers, and nothing else. */
	put_code(writing, second->code.length ? ELF_SECTION_SECOND : ".text", &second->code);
	put_data(writing, ".maps", parts->map_data.data, parts->map_data.length, 8,
		 SHF_ALLOC | SHF_WRITE);
	put_data(writing, "license", license, strlen(license) + 1, 1, SHF_ALLOC | SHF_WRITE);
	put_data(writing, ".BTF", btf, btf_size, 4, 0);
	put_data(writing, ".BTF.ext", parts->extension.data, parts->extension.length, 4, 0);
	symbols = put_symbols(writing, parts);
	put_relocations(writing, ".rel" ELF_SECTION, &first->relocations, ELF_INDEX_FIRST, symbols);
	put_relocations(writing, ".rel" ELF_SECTION_SECOND, &second->relocations, ELF_INDEX_SECOND,
			symbols);
	put_relocations(writing, ".rel.maps", &parts->map_relocations, ELF_INDEX_MAPS, symbols);
}

static void put_names(struct writing *writing)
{
	static const char name[] = ".shstrtab";
	struct section section = {
		.name = name,
		.type = SHT_STRTAB,
		.kind = ELF_T_BYTE,
		.align = 1,
	};
	Elf64_Ehdr *header = elf64_getehdr(writing->elf);
	Elf_Data *data;
	size_t index = put(writing, &section);

	if (writing->names.failed || writing->failed || !header)
		return;
	data = elf_getdata(elf_getscn(writing->elf, index), NULL);
	data->d_buf = writing->names.data;
	data->d_size = writing->names.length;
	header->e_shstrndx = (uint16_t)index;
}

static int write_parts(const struct elf_parts *parts, int fd)
{
	AUTO(buffer_free) struct buffer names = { 0 };
	struct writing writing = { 0 };
	Elf64_Ehdr *header;

	elf_version(EV_CURRENT);
	writing.elf = elf_begin(fd, ELF_C_WRITE, NULL);
	header = writing.elf ? elf64_newehdr(writing.elf) : NULL;
	if (header) {
		header->e_ident[EI_DATA] = BYTE_ORDER_HERE;
		header->e_type = ET_REL;
		header->e_machine = EM_BPF;
		header->e_version = EV_CURRENT;
		buffer_append(&writing.names, "", 1);
		put_all(&writing, parts);
		put_names(&writing);
	}
	names = writing.names; /* its end is behind that of the object that borrows it */
	if (!header || writing.failed || names.failed || elf_update(writing.elf, ELF_C_WRITE) < 0) {
		const int code = elf_errno();

		fail(parts->error, EIO, ELF_STAGE, "cannot write the object: %s",
		     code ? elf_errmsg(code) : "out of memory");
		elf_end(writing.elf);
		return -EIO;
	}
	elf_end(writing.elf);
	return 0;
}

static bool any_failed(const struct elf_parts *parts)
{
	bool failed = parts->map_data.failed || parts->map_relocations.failed ||
		      parts->symbols.failed || parts->strings.failed || parts->extension.failed;

	for (int i = 0; i < ELF_CODE_COUNT; i++) {
		const struct elf_section *section = &parts->sections[i];

		failed |= section->code.failed || section->relocations.failed ||
			  section->functions.failed || section->lines.failed;
	}
	return failed;
}

static void parts_clear(struct elf_parts *parts)
{
	for (int i = 0; i < ELF_CODE_COUNT; i++) {
		buffer_free(&parts->sections[i].code);
		buffer_free(&parts->sections[i].relocations);
		buffer_free(&parts->sections[i].functions);
		buffer_free(&parts->sections[i].lines);
	}
	buffer_free(&parts->map_data);
	buffer_free(&parts->map_relocations);
	buffer_free(&parts->symbols);
	buffer_free(&parts->strings);
	buffer_free(&parts->extension);
	btf__free(TAKE(parts->btf));
	free(TAKE(parts->maps));
	free(TAKE(parts->function_symbols));
}

static int begin(struct elf_parts *parts)
{
	const struct elf_request *request = parts->request;
	const struct skbscope_image *image = request->image;
	static const Elf64_Sym none;

	if (image_find_map(image, ELF_VERDICTS) >= 0)
		return fail(parts->error, EEXIST, ELF_STAGE,
			    "'%s' has a table '" ELF_VERDICTS
			    "', which is the name of the table of verdicts",
			    image->name);
	parts->map_count = image->map_count + 1;
	parts->maps = calloc(parts->map_count, sizeof(*parts->maps));
	parts->function_symbols =
		calloc(request->function_count + 1, sizeof(*parts->function_symbols));
	parts->btf = image->btf_size ? btf__new(image->btf, image->btf_size) : btf__new_empty();
	if (!parts->maps || !parts->function_symbols || !parts->btf)
		return fail_memory(parts->error, ELF_STAGE);
	buffer_append(&parts->symbols, &none, sizeof(none));
	buffer_append(&parts->strings, "", 1);
	return 0;
}

int elf_write(const struct elf_request *request, int fd, struct skbscope_error *error)
{
	AUTO(parts_clear) struct elf_parts parts = { .request = request, .error = error };
	int r = begin(&parts);

	if (r == 0)
		r = elf_add_maps(&parts);
	if (r == 0)
		r = elf_add_functions(&parts);
	if (r == 0)
		r = elf_add_extension(&parts);
	if (r < 0)
		return r;
	fill_prog_arrays(&parts);
	return any_failed(&parts) ? fail_memory(error, ELF_STAGE) : write_parts(&parts, fd);
}
