/* SPDX-License-Identifier: Apache-2.0 */
/* One small image with something of everything, made by hand. */
#include "sample.h"

#include <bpf/btf.h>
#include <stdlib.h>

#include "source/documentation.h"

static const char comment[] = "/*\n * sample - a bit of everything.\n * @ingress count\n */";

/* struct flow { unsigned int address; struct flow *next; }; int count(...) */
static void add_types(struct skbscope_image *image, uint32_t *file, uint32_t *source,
		      uint32_t *function)
{
	struct btf *btf = btf__new_empty();
	int number = btf__add_int(btf, "unsigned int", 4, 0);
	int flow = btf__add_struct(btf, "flow", 16);
	const void *raw;

	btf__add_field(btf, "address", number, 0, 0);
	btf__add_field(btf, "next", flow + 1, 64, 0);
	btf__add_ptr(btf, flow);
	*function = (uint32_t)btf__add_func(btf, "count", BTF_FUNC_GLOBAL,
					    btf__add_func_proto(btf, number));
	*file = (uint32_t)btf__add_str(btf, "sample.c");
	*source = (uint32_t)btf__add_str(btf, "\treturn 0;");
	raw = btf__raw_data(btf, &image->btf_size);
	image->btf = arena_copy(arena_of(image), raw, image->btf_size, 1);
	btf__free(btf);
}

struct skbscope_image *sample_image(void)
{
	static const struct bpf_insn instructions[] = {
		{ .code = BPF_LD | BPF_IMM | BPF_DW, .dst_reg = 1, .src_reg = BPF_PSEUDO_MAP_FD },
		{ 0 },
		{ .code = BPF_ALU64 | BPF_MOV | BPF_K, .dst_reg = 0 },
		{ .code = BPF_JMP | BPF_EXIT },
	};
	static const struct skbscope_relocation relocations[] = { { 0, 1 } };
	static const struct skbscope_event_field fields[] = { { "address", "u32" },
							      { "port", "u16" } };
	struct skbscope_documentation *documentation;
	struct skbscope_image_program *program;
	struct skbscope_event_layout *event;
	struct bpf_func_info *functions;
	struct skbscope_image_map *maps;
	struct bpf_line_info *lines;
	uint32_t file, source, function;
	const char **includes;
	struct skbscope_image *image;

	if (image_new(&image) < 0)
		abort();
	maps = ARENA_ARRAY(arena_of(image), struct skbscope_image_map, 2);
	program = ARENA_NEW(arena_of(image), struct skbscope_image_program);
	event = ARENA_NEW(arena_of(image), struct skbscope_event_layout);
	functions = ARENA_NEW(arena_of(image), struct bpf_func_info);
	lines = ARENA_ARRAY(arena_of(image), struct bpf_line_info, 3);
	includes = ARENA_NEW(arena_of(image), const char *);
	documentation = ARENA_NEW(arena_of(image), struct skbscope_documentation);
	if (arena_failed(arena_of(image)) ||
	    documentation_parse(comment, arena_of(image), documentation, NULL) < 0)
		abort();
	add_types(image, &file, &source, &function);

	maps[0] = (struct skbscope_image_map){
		.name = "outer",
		.type = BPF_MAP_TYPE_ARRAY_OF_MAPS,
		.key_size = 4,
		.value_size = 4,
		.max_entries = 3,
		.inner_map = 1,
		.pin_path = "/sys/fs/bpf/outer",
		.key_description = "\"unsigned int\"",
		.value_description = "\"unsigned int\"",
	};
	maps[1] = (struct skbscope_image_map){
		.name = "flows",
		.type = BPF_MAP_TYPE_HASH,
		.key_size = 4,
		.value_size = 16,
		.max_entries = 10240,
		.flags = BPF_F_NO_PREALLOC,
		.btf_key_type_id = 1,
		.btf_value_type_id = 2,
		.inner_map = -1,
		.key_description = "",
		.value_description = "",
		.histogram = true,
	};
	*functions = (struct bpf_func_info){ .type_id = function };
	lines[0] = (struct bpf_line_info){ 0, file, source, 23u << 10 | 2 };
	lines[1] = (struct bpf_line_info){ 2, file, source, 0 };
	lines[2] = (struct bpf_line_info){ 3, file, source, 42u << 10 | 9 };
	*program = (struct skbscope_image_program){
		.name = "count",
		.line = 23,
		.instructions = instructions,
		.instruction_count = 4,
		.relocations = relocations,
		.relocation_count = 1,
		.functions = functions,
		.function_count = 1,
		.lines = lines,
		.line_count = 3,
	};
	*event = (struct skbscope_event_layout){ "events", fields, 2 };
	*includes = "/usr/include/linux/bpf.h";

	image->name = "sample";
	image->path = "./sample.c";
	image->comment = comment;
	image->documentation = documentation;
	image->license = "GPL";
	image->kernel_version = 0x060100;
	image->maps = maps;
	image->map_count = 2;
	image->programs = program;
	image->program_count = 1;
	image->events = event;
	image->event_count = 1;
	image->headers = SKBSCOPE_HEADERS_UAPI;
	image->kernel_types = true;
	image->headers_path = "/usr/share/skbscope/kernel";
	image->includes = includes;
	image->include_count = 1;
	return image;
}
