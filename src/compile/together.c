/* SPDX-License-Identifier: Apache-2.0 */
/*
 * skbscope_compile() of a program in one file or several. Each is compiled by itself, so that
 * the cache has it by itself; before the others those whose tables they declare extern. Where
 * files need each other's tables, one of them is compiled with a guess, and again if it was a
 * wrong one.
 */
#include <errno.h>
#include <string.h>

#include "base/arena.h"
#include "base/cleanup.h"
#include "base/error.h"
#include "base/io.h"
#include "base/options.h"
#include "compile/c_scan.h"
#include "compile/compile_one.h"
#include "compile/extern_tables.h"
#include "compile/inputs.h"
#include "image/image.h"
#include "image/merge.h"

#define STAGE SKBSCOPE_STAGE_COMPILE

struct file {
	const struct skbscope_source *source;
	struct extern_tables externs;
	const char **types; /* of the externs, as they were compiled; NULL: none */
	struct skbscope_image *image;
	struct skbscope_inputs *inputs;
};

struct together {
	struct skbscope_compiler *compiler;
	const struct skbscope_compile_options *options;
	struct arena *arena;
	struct file *files;
	size_t count;
	struct skbscope_compile_times times;
	struct skbscope_diagnostics *diagnostics;
	struct skbscope_error *error;
};

static void together_clear(struct together *together)
{
	for (size_t i = 0; together->files && i < together->count; i++) {
		skbscope_image_free(together->files[i].image);
		inputs_freep(&together->files[i].inputs);
	}
	arena_free(together->arena);
}

static int start(struct together *together, const struct skbscope_source *first)
{
	int r = 0;

	together->arena = arena_new();
	if (together->arena)
		together->files = ARENA_ARRAY(together->arena, struct file, together->count);
	if (!together->files)
		return fail_memory(together->error, STAGE);
	for (size_t i = 0; i < together->count && r == 0; i++) {
		struct file *file = &together->files[i];

		file->source = i ? together->options->with[i - 1] : first;
		r = extern_tables_find(file->source->text, file->source->length, together->arena,
				       &file->externs);
		if (r == 0)
			file->types =
				ARENA_ARRAY(together->arena, const char *, file->externs.count);
	}
	return r < 0 || arena_failed(together->arena) ? fail_memory(together->error, STAGE) : 0;
}

/* The table that a file says is another's; NULL: no file that was compiled has it. */
static const struct skbscope_image_map *declared(const struct together *together,
						 const struct file *user, const char *name)
{
	for (size_t i = 0; i < together->count; i++) {
		const struct file *file = &together->files[i];
		int map = file == user || !file->image || extern_tables_has(&file->externs, name)
				  ? -1
				  : image_find_map(file->image, name);

		if (map >= 0)
			return &file->image->maps[map];
	}
	return NULL;
}

static bool mentions(const struct file *file, const char *name)
{
	struct c_scanner scanner = { file->source->text, file->source->length, 0 };
	struct span word;

	while (c_next(&scanner, &word))
		if (word.length && span_is(word, name))
			return true;
	return false;
}

/* It may declare the table yet, and is no user of it only. */
static bool may_be_declared(const struct together *together, const struct file *user,
			    const char *name)
{
	for (size_t i = 0; i < together->count; i++) {
		const struct file *file = &together->files[i];

		if (file != user && !file->image && !extern_tables_has(&file->externs, name) &&
		    mentions(file, name))
			return true;
	}
	return false;
}

/* NULL: nobody has the table, and the compiler shall say so. */
static const char *type_for(const struct together *together, const struct file *file,
			    const char *name)
{
	const struct skbscope_image_map *map = declared(together, file, name);

	if (map)
		return extern_tables_type(map);
	if (!may_be_declared(together, file, name))
		return NULL;
	return extern_tables_guess(file->source->text, file->source->length, name);
}

static bool is_ready(const struct together *together, const struct file *file)
{
	for (size_t i = 0; i < file->externs.count; i++)
		if (!declared(together, file, file->externs.names[i]))
			return false;
	return true;
}

static const char **with_types(struct together *together, const struct file *file, size_t *count)
{
	const struct skbscope_compile_options *options = together->options;
	const char **defines = ARENA_ARRAY(together->arena, const char *,
					   options->define_count + file->externs.count);

	*count = options->define_count;
	if (!defines)
		return NULL;
	if (*count)
		memcpy(defines, options->defines, *count * sizeof(*defines));
	for (size_t i = 0; i < file->externs.count; i++)
		if (file->types[i])
			defines[(*count)++] =
				arena_printf(together->arena, EXTERN_TABLES_DEFINE "%s=\"%s\"",
					     file->externs.names[i], file->types[i]);
	return arena_failed(together->arena) ? NULL : defines;
}

static void add_times(struct together *together, const struct skbscope_compile_times *times)
{
	struct skbscope_compile_times *sum = &together->times;

	sum->start_ns += times->start_ns;
	sum->types_ns += times->types_ns;
	sum->compile_ns += times->compile_ns;
	sum->attempts += times->attempts;
	sum->cached &= times->cached;
	sum->warm += times->warm;
	sum->precompiled |= times->precompiled;
	if (!sum->cache_trouble)
		sum->cache_trouble = times->cache_trouble;
}

static int compile_file(struct together *together, struct file *file)
{
	struct skbscope_compile_options options = *together->options;
	struct skbscope_compile_times times = { 0 };
	int r;

	for (size_t i = 0; i < file->externs.count; i++)
		file->types[i] = type_for(together, file, file->externs.names[i]);
	options.defines = with_types(together, file, &options.define_count);
	if (!options.defines)
		return fail_memory(together->error, STAGE);
	inputs_freep(&file->inputs);
	skbscope_image_free(TAKE(file->image));
	options.inputs = &file->inputs;
	r = compile_one(together->compiler, file->source, &options, &file->image, &times,
			together->diagnostics, together->error);
	add_times(together, &times);
	return r;
}

/* Some that are ready; or else the first that is not. */
static int compile_some(struct together *together, bool *all)
{
	struct file *stuck = NULL;
	bool some = false;
	int r = 0;

	*all = true;
	for (size_t i = 0; i < together->count && r == 0; i++) {
		struct file *file = &together->files[i];

		if (file->image)
			continue;
		*all = false;
		if (is_ready(together, file)) {
			r = compile_file(together, file);
			some = true;
		} else if (!stuck) {
			stuck = file;
		}
	}
	return r == 0 && !some && stuck ? compile_file(together, stuck) : r;
}

static bool was_guessed_wrong(const struct together *together, const struct file *file)
{
	for (size_t i = 0; i < file->externs.count; i++) {
		const struct skbscope_image_map *map =
			declared(together, file, file->externs.names[i]);

		if (map && file->types[i] && strcmp(file->types[i], extern_tables_type(map)) != 0)
			return true;
	}
	return false;
}

static int compile_all(struct together *together)
{
	bool all = false;
	int r = 0;

	while (!all && r == 0)
		r = compile_some(together, &all);
	for (size_t i = 0; i < together->count && r == 0; i++)
		if (was_guessed_wrong(together, &together->files[i]))
			r = compile_file(together, &together->files[i]);
	return r;
}

static int merge(const struct together *together, struct skbscope_image **image)
{
	struct image_part *parts = ARENA_ARRAY(together->arena, struct image_part, together->count);

	if (!parts)
		return fail_memory(together->error, STAGE);
	for (size_t i = 0; i < together->count; i++)
		parts[i] = (struct image_part){ together->files[i].image,
						together->files[i].externs.names,
						together->files[i].externs.count };
	return image_merge(parts, together->count, image, together->error);
}

/* Of all files, those too that were not come to. */
static int join_inputs(struct together *together, uint64_t since_ns, struct skbscope_inputs **out)
{
	AUTO(inputs_freep) struct skbscope_inputs *all = NULL;
	int r = 0;

	for (size_t i = 0; i < together->count && r == 0; i++) {
		struct file *file = &together->files[i];

		if (!file->inputs)
			r = inputs_new_unread(file->source, since_ns, &file->inputs);
		if (r == 0 && all)
			r = inputs_join(all, file->inputs);
		else if (r == 0)
			all = TAKE(file->inputs);
	}
	*out = r == 0 ? TAKE(all) : NULL;
	return r < 0 ? fail_memory(together->error, STAGE) : 0;
}

static int compile_together(struct together *together, const struct skbscope_source *first,
			    struct skbscope_image **image)
{
	uint64_t since_ns = clock_file_ns();
	int r = start(together, first);

	if (r < 0)
		return r;
	together->times.cached = true;
	r = compile_all(together);
	if (r == 0)
		r = merge(together, image);
	if (together->options->inputs) {
		int joined = join_inputs(together, since_ns, together->options->inputs);

		r = r < 0 ? r : joined;
	}
	return r;
}

static int check_functions(const struct skbscope_image *image, struct skbscope_error *error)
{
	return image->program_count
		       ? 0
		       : hint(error,
			      fail(error, EINVAL, STAGE, "'%s' has no function", image->path),
			      "write one that is not static: int count(struct __sk_buff *skb)");
}

int skbscope_compile(const struct skbscope_source *source,
		     const struct skbscope_compile_options *options, struct skbscope_image **image,
		     struct skbscope_compile_times *times, struct skbscope_diagnostics *diagnostics,
		     struct skbscope_error *error)
{
	return skbscope_compiler_compile(NULL, source, options, image, times, diagnostics, error);
}

int skbscope_compiler_compile(struct skbscope_compiler *compiler,
			      const struct skbscope_source *source,
			      const struct skbscope_compile_options *caller_options,
			      struct skbscope_image **image, struct skbscope_compile_times *times,
			      struct skbscope_diagnostics *diagnostics,
			      struct skbscope_error *error)
{
	AUTO(image_freep) struct skbscope_image *made = NULL;
	struct skbscope_compile_options options = { 0 };
	AUTO(together_clear)
	struct together together = { .compiler = compiler,
				     .options = &options,
				     .diagnostics = diagnostics,
				     .error = error };
	uint64_t start_ns = clock_monotonic_ns();
	int r = options_take(&options, sizeof(options), caller_options, SKBSCOPE_STAGE_USAGE,
			     error);

	if (r < 0)
		return r;
	if (options.inputs)
		*options.inputs = NULL;
	together.count = options.with_count + 1;
	if (options.with_count)
		r = compile_together(&together, source, &made);
	else
		r = compile_one(compiler, source, &options, &made, &together.times, diagnostics,
				error);
	together.times.total_ns = clock_monotonic_ns() - start_ns;
	if (times)
		*times = together.times;
	if (r == 0)
		r = check_functions(made, error);
	if (r < 0)
		return r;
	*image = TAKE(made);
	return 0;
}
