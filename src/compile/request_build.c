/* SPDX-License-Identifier: Apache-2.0 */
/* Flags in the order in which clang is to see them, and directories opened for the worker. */
#include "compile/request_build.h"

#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/error.h"
#include "base/paths.h"
#include "base/text.h"
#include "compile/extern_tables.h"
#include "compile/print_texts.h"
#include "compile/tracepoints.h"

#define DEFINE_MAX_BYTES 4096

static const char *const own_flags[] = {
	/* As the kernel's own Makefile has it from 6.19 on: its structs, in headers and in BTF,
	 * have members like "struct ns_tree;", which declare nothing in standard C. */
	"-fms-extensions",
	"-Wno-microsoft-anon-tag",
	"-Wuninitialized",
	"-Wsometimes-uninitialized",
	/* Late and cryptic failures become early and clear ones: an undeclared function
	 * would fail only when the kernel meets a call to nowhere. */
	"-Werror=implicit-function-declaration",
	"-Werror=undefined-internal",
	"-Werror=undefined-inline",
	/* Warnings before clang 15 and 16: programs were written with those. */
	"-Wno-error=int-conversion",
	"-Wno-error=incompatible-function-pointer-types",
	"-Wno-error=implicit-int",
};
#define OWN_FLAGS (sizeof(own_flags) / sizeof(own_flags[0]))

/* The value reaches clang as part of one argument, so no shell and no option can
 * hide in it; a newline would end the #define and start a line of the program. */
static int check_define(const char *define, struct skbscope_error *error)
{
	int length = (int)strcspn(define, "=");
	AUTO(freep) char *name = strndup(define, (size_t)length);

	if (!name)
		return fail_memory(error, SKBSCOPE_STAGE_USAGE);
	if (!text_is_identifier(name))
		return hint(error,
			    fail(error, EINVAL, SKBSCOPE_STAGE_USAGE,
				 "-D takes NAME or NAME=VALUE, and '%.60s' is not a name in C",
				 name),
			    "it defines a macro; \"ip -br link\" lists the interfaces");
	if (strlen(define) > DEFINE_MAX_BYTES)
		return fail(error, E2BIG, SKBSCOPE_STAGE_USAGE, "-D %.60s is longer than %d bytes",
			    name, DEFINE_MAX_BYTES);
	for (const char *c = define; *c; c++)
		if (iscntrl((unsigned char)*c) && *c != '\t')
			return fail(
				error, EINVAL, SKBSCOPE_STAGE_USAGE,
				"the value of -D %.60s contains a line break or another control "
				"character",
				name);
	if (strcmp(name, "BPF_LICENSE") == 0)
		return hint(error,
			    fail(error, EINVAL, SKBSCOPE_STAGE_USAGE,
				 "-D cannot set a program's licence"),
			    "write #define BPF_LICENSE in the program");
	return 0;
}

int request_check_defines(const struct skbscope_compile_options *options,
			  struct skbscope_error *error)
{
	int r = 0;

	for (size_t i = 0; r == 0 && i < options->define_count; i++)
		r = check_define(options->defines[i], error);
	return r;
}

/* There is room for all. The arena remembers if one is missing. */
static void add_flag(struct request_build *build, const char *flag)
{
	build->flags[build->request.flag_count++] = flag;
}

static void add_path(struct request_build *build, int fd, const char *name)
{
	build->path_fds[build->request.path_count] = fd;
	build->paths[build->request.path_count++] = name;
}

static int check_room(const struct request_build *build, struct skbscope_error *error)
{
	return build->request.path_count < WORKER_MAX_PATHS
		       ? 0
		       : fail(error, E2BIG, SKBSCOPE_STAGE_USAGE,
			      "more than %d include directories", WORKER_MAX_PATHS);
}

/* Opened with our rights as a place to start from; every file below it is opened
 * by the worker with its own. */
static int add_directory(struct request_build *build, const char *path,
			 struct skbscope_error *error)
{
	AUTO(freep) char *real = realpath(path, NULL);
	int r = check_room(build, error), fd;

	if (r < 0)
		return r;
	fd = open(path, O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (fd < 0)
		return fail_errno(error, errno, SKBSCOPE_STAGE_USAGE,
				  "cannot use the include directory '%s'", path);
	add_path(build, fd, arena_string(build->arena, real ? real : path));
	return 0;
}

/* The latest path holds headers of the user's own. */
static void mark_as_users(struct request_build *build, const char *typed)
{
	build->directories[build->directory_count++] = (struct clang_log_directory){
		.real = build->paths[build->request.path_count - 1],
		.typed = arena_string(build->arena, typed),
	};
}

/* As two flags, which the worker leaves out where it may not search. */
static void add_include_flag(struct request_build *build, size_t path)
{
	add_flag(build, "-I");
	add_flag(build,
		 arena_printf(build->arena, WORKER_PATH_PREFIX "%zu", WORKER_FD_PATHS + path));
}

static int add_include_directory(struct request_build *build, const char *path,
				 struct skbscope_error *error)
{
	int r = add_directory(build, path, error);

	if (r == 0)
		add_include_flag(build, build->request.path_count - 1);
	return r;
}

static int add_tree_flags(struct request_build *build, const struct header_tree *tree,
			  struct skbscope_error *error)
{
	int r = 0;

	for (size_t i = 0; r == 0 && i < tree->flag_count; i++)
		if (strncmp(tree->flags[i], "-I/", 3) == 0)
			r = add_include_directory(build, tree->flags[i] + 2, error);
		else
			add_flag(build, arena_string(build->arena, tree->flags[i]));
	return r;
}

static int add_user_flags(struct request_build *build,
			  const struct skbscope_compile_options *options,
			  struct skbscope_error *error)
{
	for (size_t i = 0; i < options->define_count; i++)
		add_flag(build, arena_printf(build->arena, "-D%s", options->defines[i]));
	for (size_t i = 0; i < options->include_directory_count; i++) {
		int r = add_include_directory(build, options->include_directories[i], error);

		if (r < 0)
			return r;
		mark_as_users(build, options->include_directories[i]);
	}
	return 0;
}

/* The headers that come with the bundled programs: skbscope/types.h. */
static int add_bundled_headers(struct request_build *build, struct skbscope_error *error)
{
	const char *path = arena_printf(build->arena, "%s/include", paths_get()->programs);

	return path && access(path, F_OK) == 0 ? add_include_directory(build, path, error) : 0;
}

static int add_all(struct request_build *build, const struct skbscope_source *source,
		   const struct skbscope_compile_options *options, const struct header_tree *tree,
		   struct skbscope_error *error)
{
	/* WORKER_PATH_HEADERS, WORKER_PATH_DIRECTORY, and the others in clang's order. */
	int r = add_directory(build, tree->path, error);

	if (r == 0)
		r = add_directory(build, source->directory, error);
	if (r < 0)
		return r;
	mark_as_users(build, source->directory);
	r = add_tree_flags(build, tree, error);
	for (size_t i = 0; i < OWN_FLAGS; i++)
		add_flag(build, own_flags[i]);
	/* The program's own directory, whatever else the user names. */
	add_include_flag(build, WORKER_PATH_DIRECTORY);
	if (r == 0)
		r = add_user_flags(build, options, error);
	if (r == 0)
		r = add_bundled_headers(build, error);
	return r;
}

static int add_insertions(struct request_build *build, const struct skbscope_source *source,
			  struct skbscope_error *error)
{
	struct worker_request *request = &build->request;

	if (event_types_find(request->text, request->text_length, &source->documentation,
			     &build->insertions) < 0 ||
	    (request->prints &&
	     print_texts_find(request->text, request->text_length, &build->insertions) < 0))
		return fail_memory(error, SKBSCOPE_STAGE_COMPILE);
	if (!build->insertions.count)
		return 0;
	insertions_sort(&build->insertions);
	insertions_apply(&build->insertions, request->text, request->text_length, &build->compiled);
	if (build->compiled.failed)
		return fail_memory(error, SKBSCOPE_STAGE_COMPILE);
	request->insertions = &build->insertions;
	request->compiled = build->compiled.data;
	request->compiled_length = build->compiled.length;
	return 0;
}

static int finish(const struct request_build *build, int r, struct skbscope_error *error)
{
	return r == 0 && arena_failed(build->arena) ? fail_memory(error, SKBSCOPE_STAGE_COMPILE)
						    : r;
}

/* What is put in places of the text keeps its length: lines and columns stay. */
static int make_text(struct request_build *build, const struct skbscope_source *source,
		     const struct skbscope_compile_options *options, struct extern_text *out)
{
	build->as_written = tracepoints_emptied(build->arena, source->text, source->length);
	return build->as_written
		       ? extern_tables_resolve(build->as_written, source->length, options->defines,
					       options->define_count, build->arena, out)
		       : -ENOMEM;
}

int request_build(struct request_build *build, const struct skbscope_source *source,
		  const struct skbscope_compile_options *options, const struct header_tree *tree,
		  struct skbscope_error *error)
{
	struct extern_text text = { 0 };
	size_t room;
	int r;

	memset(build, 0, sizeof(*build));
	build->arena = arena_new();
	if (!build->arena || make_text(build, source, options, &text) < 0)
		return fail_memory(error, SKBSCOPE_STAGE_COMPILE);
	/* Six more: the program's directory, the bundled headers, kernel types, a warning. */
	room = OWN_FLAGS + 2 * tree->flag_count + options->define_count + text.flag_count +
	       2 * options->include_directory_count + 6;
	build->flags = ARENA_ARRAY(build->arena, const char *, room);
	if (!build->flags)
		return fail_memory(error, SKBSCOPE_STAGE_COMPILE);
	build->request = (struct worker_request){
		.path = source->path,
		.name = source->name,
		.comment = source->comment,
		.text = text.text,
		.text_length = source->length,
		.typed_lines = source->typed_lines,
		.lead_lines = source->lead_lines,
		.headers = tree->kind,
		.prints = options->prints,
		.flags = build->flags,
		.paths = build->paths,
		.path_fds = build->path_fds,
	};
	for (size_t i = 0; i < text.flag_count; i++)
		add_flag(build, text.flags[i]);
	/* Of their structs, which only the bodies need. */
	if (build->as_written != source->text)
		add_flag(build, "-Wno-visibility");
	r = build->request.text ? add_insertions(build, source, error) : 0;
	if (r == 0)
		r = add_all(build, source, options, tree, error);
	return finish(build, r, error);
}

int request_build_own(struct request_build *build, const char *text, struct skbscope_error *error)
{
	AUTO(header_tree_clear) struct header_tree tree = { 0 };
	const struct skbscope_compile_options options = { .size = sizeof(options) };
	struct skbscope_source source = {
		.path = "own.c", .name = "own", .comment = "", .text = text, .length = strlen(text)
	};
	int r = headers_uapi(&tree, error);

	if (r < 0)
		return r;
	source.directory = tree.path;
	return request_build(build, &source, &options, &tree, error);
}

int request_build_types(struct request_build *build, int types, struct skbscope_error *error)
{
	AUTO(closep) int fd = types;
	int r = check_room(build, error);

	if (r < 0)
		return r;
	add_path(build, TAKE_FD(fd), "/sys/kernel/btf/vmlinux");
	add_flag(build,
		 arena_printf(build->arena, "-DSKBSCOPE_KERNEL_TYPES=\"" WORKER_PATH_PREFIX "%zu\"",
			      WORKER_FD_PATHS + build->request.path_count - 1));
	build->request.kernel_types = true;
	return finish(build, 0, error);
}

int request_build_precompiled(struct request_build *build, const int files[PRECOMPILED_FILES])
{
	const size_t first = build->request.path_count;

	if (first + PRECOMPILED_FILES > WORKER_MAX_PATHS)
		return -E2BIG;
	for (size_t i = 0; i < PRECOMPILED_FILES; i++) {
		int fd = fcntl(files[i], F_DUPFD_CLOEXEC, 0);

		if (fd < 0)
			return -errno;
		add_path(build, fd, PRECOMPILED_OUTPUT);
	}
	build->request.precompiled = (uint32_t)first;
	return 0;
}

void request_build_clear(struct request_build *build)
{
	for (size_t i = 0; i < build->request.path_count; i++)
		closep(&build->path_fds[i]);
	insertions_clear(&build->insertions);
	buffer_free(&build->compiled);
	arena_free(build->arena);
	build->request.path_count = 0;
	build->arena = NULL;
}
