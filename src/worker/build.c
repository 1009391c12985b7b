/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The image from libbcc's module: tables by the descriptors that were handed
 * out, functions by what libbcc would have loaded, both in the order in which
 * the user wrote them (libbcc lists them by name).
 */
#include "worker/build.h"

#include <bcc/bcc_common.h>
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "compile/as_typed.h"
#include "image/context.h"
#include "worker/inspect.h"
#include "worker/inspect_prints.h"
#include "worker/lines.h"
#include "worker/opened_files.h"
#include "worker/prints.h"
#include "worker/record.h"
#include "worker/scan.h"

/* Of libbcc's, and where the user wrote it. */
struct item {
	size_t id;
	uint32_t line;
};

struct table {
	struct item item; /* the first, for by_line() */
	const struct record_map *map;
};

struct function {
	struct item item; /* so too */
	struct record_program program;
};

struct build {
	void *module;
	const struct worker_request *request;
	struct skbscope_image *image;
	struct table *tables;
	size_t table_count;
	struct function *functions;
	size_t function_count;
	struct btf *btf;
	struct line_map *map;
};

static int complain(int code, const char *what, const char *name)
{
	fprintf(stderr, "skbscope-compile: %s%s%s\n", what, name ? ": " : "", name ? name : "");
	return code;
}

static int by_line(const void *a, const void *b)
{
	const struct item *x = a, *y = b;

	if (x->line != y->line)
		return x->line < y->line ? -1 : 1;
	return x->id < y->id ? -1 : x->id > y->id;
}

static int collect_tables(struct build *build)
{
	size_t count = bpf_num_tables(build->module);

	build->tables = calloc(count + 1, sizeof(*build->tables));
	if (!build->tables)
		return -ENOMEM;
	for (size_t i = 0; i < count; i++) {
		struct table *table = &build->tables[build->table_count];
		const char *name = bpf_table_name(build->module, i);

		table->item.id = i;
		table->map = record_find_map(bpf_table_fd_id(build->module, i));
		if (!table->map)
			return complain(-EBADMSG, "libbcc created no map for the table", name);
		table->item.line =
			scan_first_line(build->request->text, build->request->text_length, name);
		build->table_count++;
	}
	qsort(build->tables, build->table_count, sizeof(*build->tables), by_line);
	return 0;
}

/* What libbcc would load; the recording kernel takes it down. */
static int record_function(struct build *build, struct function *function)
{
	const char *name = bpf_function_name(build->module, function->item.id);
	void *start = bpf_function_start_id(build->module, function->item.id);
	int fd;

	record_expect(start, &function->program);
	fd = bcc_func_load(build->module, BPF_PROG_TYPE_SCHED_CLS, name, start,
			   (int)bpf_function_size_id(build->module, function->item.id),
			   bpf_module_license(build->module),
			   bpf_module_kern_version(build->module), 0, NULL, 0, NULL, -1);
	if (fd >= 0)
		close(fd);
	if (!function->program.seen || record_failed())
		return complain(-EBADMSG, "libbcc did not load the function", name);
	return 0;
}

static int collect_functions(struct build *build)
{
	size_t count = bpf_num_functions(build->module);

	build->functions = calloc(count + 1, sizeof(*build->functions));
	if (!build->functions)
		return -ENOMEM;
	for (size_t i = 0; i < count; i++) {
		struct function *function = &build->functions[i];
		int r;

		function->item.id = i;
		r = record_function(build, function);
		if (r < 0)
			return r;
		function->item.line =
			scan_function_line(build->request->text, build->request->text_length,
					   bpf_function_name(build->module, i));
	}
	build->function_count = count;
	return 0;
}

/* All of a module's functions share one BTF. */
static int parse_btf(struct build *build)
{
	const struct record_btf *record = NULL;

	for (size_t i = 0; i < build->function_count && !record; i++)
		record = record_find_btf(build->functions[i].program.btf_fd);
	for (size_t i = 0; i < build->table_count && !record; i++)
		record = record_find_btf((int)build->tables[i].map->attr.btf_fd);
	if (!record)
		return 0;
	build->btf = btf__new(record->data, record->size);
	return build->btf ? 0 : complain(-errno, "libbcc's BTF is malformed", NULL);
}

/* The first record stands at the line of the opening brace or of the name. */
static uint32_t first_recorded_line(const struct build *build, const struct record_program *program)
{
	bool unchanged;
	uint32_t line = program->line_count ? program->lines[0].line_col >> 10 : 0;

	return line && build->map ? line_map_original(build->map, line, &unchanged) : line;
}

static int rewrite_lines(struct build *build)
{
	size_t line_count = 0;
	AUTO(freep)
	size_t *starts =
		lines_index(build->request->text, build->request->text_length, &line_count);
	const struct line_writer writer = { build->btf, build->request, build->map, starts,
					    line_count };

	if (!starts)
		return -ENOMEM;
	for (size_t i = 0; i < build->function_count; i++) {
		struct function *function = &build->functions[i];
		int r;

		if (!function->item.line)
			function->item.line = first_recorded_line(build, &function->program);
		if (!build->btf || !function->program.line_count)
			continue;
		r = lines_rewrite(&writer, function->program.lines, function->program.line_count,
				  function->item.line);
		if (r < 0)
			return r;
		function->program.line_count = (uint32_t)r;
	}
	qsort(build->functions, build->function_count, sizeof(*build->functions), by_line);
	return 0;
}

/* libbcc does not give BTF to every map that has it: those it opens by their pin,
 * for one. The types are in struct ____btf_map_NAME { key; value; }. */
static void find_types(const struct build *build, struct skbscope_image_map *map)
{
	char name[256];
	const struct btf_type *type;
	int id;

	if (!build->btf ||
	    snprintf(name, sizeof(name), "____btf_map_%s", map->name) >= (int)sizeof(name))
		return;
	id = btf__find_by_name_kind(build->btf, name, BTF_KIND_STRUCT);
	type = id > 0 ? btf__type_by_id(build->btf, (uint32_t)id) : NULL;
	if (!type || btf_vlen(type) < 2)
		return;
	if (btf__resolve_size(build->btf, btf_members(type)[0].type) != map->key_size ||
	    btf__resolve_size(build->btf, btf_members(type)[1].type) != map->value_size)
		return;
	map->btf_key_type_id = btf_members(type)[0].type;
	map->btf_value_type_id = btf_members(type)[1].type;
}

static int32_t table_of_fd(const struct build *build, int fd)
{
	const struct record_map *map = record_find_map(fd);

	for (size_t i = 0; map && i < build->table_count; i++)
		if (build->tables[i].map == map)
			return (int32_t)i;
	return -1;
}

static const char *description(struct arena *arena, const char *text)
{
	return arena_string(arena, text ? text : "");
}

static int fill_map(const struct build *build, const struct table *table,
		    struct skbscope_image_map *out)
{
	struct arena *arena = arena_of(build->image);
	const union bpf_attr *attr = &table->map->attr;
	const char *name = bpf_table_name(build->module, table->item.id);

	out->name = arena_string(arena, name);
	out->type = (uint32_t)bpf_table_type_id(build->module, table->item.id);
	out->key_size = (uint32_t)bpf_table_key_size_id(build->module, table->item.id);
	out->value_size = (uint32_t)bpf_table_leaf_size_id(build->module, table->item.id);
	out->max_entries = (uint32_t)bpf_table_max_entries_id(build->module, table->item.id);
	out->flags = (uint32_t)bpf_table_flags_id(build->module, table->item.id);
	out->inner_map = -1;
	if (table->map->pin_path) {
		out->pin_path = arena_string(arena, table->map->pin_path);
	} else {
		/* What was asked of the kernel is the last word. */
		out->type = attr->map_type;
		out->key_size = attr->key_size;
		out->value_size = attr->value_size;
		out->max_entries = attr->max_entries;
		out->flags = attr->map_flags;
		if (attr->btf_fd) {
			out->btf_key_type_id = attr->btf_key_type_id;
			out->btf_value_type_id = attr->btf_value_type_id;
		}
		if (attr->inner_map_fd) {
			out->inner_map = table_of_fd(build, (int)attr->inner_map_fd);
			if (out->inner_map < 0)
				return complain(-EBADMSG, "no inner map for the table", name);
		}
	}
	if (!out->btf_value_type_id)
		find_types(build, out);
	out->key_description =
		description(arena, bpf_table_key_desc_id(build->module, table->item.id));
	out->value_description =
		description(arena, bpf_table_leaf_desc_id(build->module, table->item.id));
	if (scan_is_histogram(build->request->text, build->request->text_length, name))
		out->histogram =
			scan_is_log2(build->request->text, build->request->text_length, name)
				? SKBSCOPE_HISTOGRAM_LOG2
				: SKBSCOPE_HISTOGRAM_LINEAR;
	return 0;
}

static int fill_maps(struct build *build)
{
	struct skbscope_image *image = build->image;
	struct skbscope_image_map *maps =
		ARENA_ARRAY(arena_of(build->image), struct skbscope_image_map, build->table_count);

	if (!maps)
		return -ENOMEM;
	image->maps = maps;
	image->map_count = build->table_count;
	for (size_t i = 0; i < build->table_count; i++) {
		int r = fill_map(build, &build->tables[i], &maps[i]);

		if (r < 0)
			return r;
	}
	return 0;
}

static bool is_map_load(const struct bpf_insn *instruction)
{
	return instruction->code == (BPF_LD | BPF_DW | BPF_IMM) &&
	       instruction->src_reg == BPF_PSEUDO_MAP_FD;
}

/* Placeholder descriptors in the instructions become indexes of maps. */
static int fill_relocations(const struct build *build, struct bpf_insn *instructions,
			    struct skbscope_image_program *out)
{
	struct skbscope_relocation *relocations;
	size_t count = 0;

	for (uint32_t i = 0; i < out->instruction_count; i++)
		count += is_map_load(&instructions[i]);
	relocations = ARENA_ARRAY(arena_of(build->image), struct skbscope_relocation, count);
	if (!relocations)
		return -ENOMEM;
	count = 0;
	for (uint32_t i = 0; i < out->instruction_count; i++) {
		int32_t map;

		if (!is_map_load(&instructions[i]))
			continue;
		map = table_of_fd(build, instructions[i].imm);
		if (map < 0)
			return complain(-EBADMSG, "a map without a table is used in", out->name);
		relocations[count++] = (struct skbscope_relocation){ i, (uint32_t)map };
		instructions[i++].imm = 0;
	}
	out->relocations = relocations;
	out->relocation_count = count;
	return 0;
}

static int fill_program(const struct build *build, const struct function *function,
			struct skbscope_image_program *out)
{
	struct arena *arena = arena_of(build->image);
	const struct record_program *program = &function->program;
	struct bpf_insn *instructions = arena_copy(
		arena, program->instructions, program->instruction_count, sizeof(*instructions));

	out->name = arena_string(arena, bpf_function_name(build->module, function->item.id));
	out->line = as_typed_line(build->request, function->item.line);
	out->instructions = instructions;
	out->instruction_count = program->instruction_count;
	out->functions = arena_copy(arena, program->functions, program->function_count,
				    sizeof(*program->functions));
	out->function_count = program->function_count;
	out->lines =
		arena_copy(arena, program->lines, program->line_count, sizeof(*program->lines));
	out->line_count = program->line_count;
	if (arena_failed(arena))
		return -ENOMEM;
	return fill_relocations(build, instructions, out);
}

static int fill_programs(struct build *build)
{
	struct skbscope_image *image = build->image;
	struct skbscope_image_program *programs = ARENA_ARRAY(
		arena_of(build->image), struct skbscope_image_program, build->function_count);

	if (!programs)
		return -ENOMEM;
	image->programs = programs;
	image->program_count = build->function_count;
	for (size_t i = 0; i < build->function_count; i++) {
		int r = fill_program(build, &build->functions[i], &programs[i]);

		if (r < 0)
			return r;
	}
	return 0;
}

/* "name#type" for every field of the struct that was submitted to the table. */
static void fill_event(const struct build *build, const char *table, size_t count,
		       struct skbscope_event_layout *out)
{
	struct arena *arena = arena_of(build->image);
	struct skbscope_event_field *fields =
		ARENA_ARRAY(arena, struct skbscope_event_field, count);

	out->table = arena_string(arena, table);
	for (size_t i = 0; fields && i < count; i++) {
		const char *field = bpf_perf_event_field(build->module, table, i);
		const char *hash = strchr(field, '#');

		fields[i].name = hash ? arena_string_n(arena, field, (size_t)(hash - field))
				      : arena_string(arena, field);
		fields[i].type = arena_string(arena, hash ? hash + 1 : "");
	}
	out->fields = fields;
	out->field_count = count;
}

static int fill_events(struct build *build)
{
	struct skbscope_image *image = build->image;
	struct skbscope_event_layout *events = ARENA_ARRAY(
		arena_of(build->image), struct skbscope_event_layout, build->table_count);

	if (!events)
		return -ENOMEM;
	image->events = events;
	for (size_t i = 0; i < build->table_count; i++) {
		size_t count = bpf_perf_event_fields(build->module, image->maps[i].name);

		if (count)
			fill_event(build, image->maps[i].name, count,
				   &events[image->event_count++]);
	}
	return 0;
}

/* Absolute, as the user knows them: clang names what it finds in the tree
 * relative to the tree, and leaves "a/../b" as it came. */
static const char *include_name(const struct build *build, const char *file)
{
	AUTO(buffer_free) struct buffer name = { 0 };

	opened_file_real_name(build->request, file, &name);
	return name.failed ? NULL : arena_string(arena_of(build->image), buffer_text(&name));
}

static int fill_includes(struct build *build)
{
	struct skbscope_image *image = build->image;
	size_t count;
	const char *const *files = opened_files(&count);
	const char **includes = ARENA_ARRAY(arena_of(build->image), const char *, count);

	if (!includes)
		return -ENOMEM;
	for (size_t i = 0; i < count; i++) {
		if (!opened_file_is_header(files[i]))
			continue;
		includes[image->include_count] = include_name(build, files[i]);
		if (!includes[image->include_count++])
			return -ENOMEM;
	}
	image->includes = includes;
	return 0;
}

static int fill_rest(struct build *build)
{
	struct skbscope_image *image = build->image;
	struct arena *arena = arena_of(build->image);
	const struct worker_request *request = build->request;
	const char *license = bpf_module_license(build->module);

	image->name = arena_string(arena, request->name);
	image->path = arena_string(arena, request->path);
	image->comment = arena_string(arena, request->comment);
	image->license = arena_string(arena, license && *license ? license : "GPL");
	image->kernel_version = bpf_module_kern_version(build->module);
	image->headers = request->headers;
	image->kernel_types = request->kernel_types;
	image->headers_path = arena_string(arena, request->paths[WORKER_PATH_HEADERS]);
	if (build->btf) {
		uint32_t size = 0;
		const void *data = btf__raw_data(build->btf, &size);

		if (!data)
			return -ENOMEM;
		image->btf = arena_copy(arena, data, size, 1);
		image->btf_size = size;
	}
	return arena_failed(arena) ? -ENOMEM : 0;
}

static int place_prints(struct build *build)
{
	prints_place(build->image, build->request, build->map);
	return 0;
}

static int inspect(struct build *build)
{
	const struct skbscope_image *image = build->image;

	if (contexts_fill(build->image) < 0)
		return -ENOMEM;
	for (size_t i = 0; i < image->program_count; i++) {
		if (inspect_prints(image, &image->programs[i]))
			return -ECANCELED;
		inspect_program(image, &image->programs[i], build->request);
	}
	for (size_t i = 0; i < image->map_count; i++)
		inspect_table(&image->maps[i], build->request);
	return 0;
}

/* Without an alignment the compiler's own line numbers are kept: near, not right. */
static void align_lines(struct build *build, const char *log, size_t log_length)
{
	struct rewritten_text rewritten;

	if (rewritten_find((struct span){ log, log_length }, &rewritten))
		(void)line_map_new(
			rewritten.text,
			(struct span){ build->request->text, build->request->text_length },
			&build->map);
}

static int run(struct build *build)
{
	static int (*const steps[])(struct build *) = {
		collect_tables, collect_functions, parse_btf,   rewrite_lines,
		fill_maps,      fill_programs,     fill_events, fill_includes,
		fill_rest,      place_prints,      inspect,
	};

	for (size_t i = 0; i < sizeof(steps) / sizeof(steps[0]); i++) {
		int r = steps[i](build);

		if (r < 0)
			return r;
	}
	return 0;
}

int build_image(void *module, const struct worker_request *request, const char *log,
		size_t log_length, struct skbscope_image **out)
{
	struct build build = { .module = module, .request = request };
	int r = image_new(&build.image);

	if (r < 0)
		return r;
	align_lines(&build, log, log_length);
	r = run(&build);
	/* The process ends with this image: only what an embedder of this file
	 * could not see is left to exit(). */
	line_map_free(build.map);
	btf__free(build.btf);
	free(build.tables);
	free(build.functions);
	if (r < 0) {
		skbscope_image_free(build.image);
		return r;
	}
	*out = build.image;
	return 0;
}
