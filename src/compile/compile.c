/* SPDX-License-Identifier: Apache-2.0 */
/*
 * skbscope_compile(): which header tree, which flags, how often. Running the
 * compiler is worker_client.c's; understanding its words is clang_log.c's.
 */
#include <skbscope/compile.h>

#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/arena.h"
#include "base/cleanup.h"
#include "base/error.h"
#include "base/io.h"
#include "base/options.h"
#include "base/paths.h"
#include "base/text.h"
#include "compile/cache.h"
#include "compile/clang_log.h"
#include "compile/compile_files.h"
#include "compile/headers.h"
#include "compile/headers_need.h"
#include "compile/outcome.h"
#include "compile/prewarmed.h"
#include "compile/worker_client.h"
#include "image/image.h"

#define DEFINE_MAX_BYTES 4096

static const char *const own_flags[] = {
	/* As the kernel's own Makefile has it from 6.19 on: its structs, in headers and in BTF,
	 * have members like "struct ns_tree;", which declare nothing in standard C. */
	"-fms-extensions",
	"-Wno-microsoft-anon-tag",
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

struct job {
	struct skbscope_compiler *compiler; /* NULL: none waits */
	const struct skbscope_source *source;
	struct skbscope_compile_options options;
	struct arena *arena;
	/* What every attempt shares, in the worker's order. */
	const char *paths[WORKER_MAX_PATHS];
	int path_fds[WORKER_MAX_PATHS];
	size_t path_count;
	struct clang_log_directory directories[WORKER_MAX_PATHS]; /* with the user's headers */
	size_t directory_count;
	const char **flags;
	size_t flag_count, flag_capacity;
	struct skbscope_compile_times times;
	struct cache cache;
	struct buffer files;                      /* what every attempt so far depends on */
	struct skbscope_diagnostics *diagnostics; /* of the latest attempt */
	struct skbscope_image *image;
	struct skbscope_error error; /* of the latest attempt */
};

static void job_clear(struct job *job)
{
	for (size_t i = 0; i < job->path_count; i++)
		closep(&job->path_fds[i]);
	arena_free(job->arena);
	skbscope_diagnostics_free(job->diagnostics);
	skbscope_image_free(job->image);
	buffer_free(&job->files);
	cache_close(&job->cache);
}

static int add_flag(struct job *job, const char *flag)
{
	if (job->flag_count == job->flag_capacity) {
		size_t capacity = job->flag_capacity * 2 + 32;
		const char **flags = ARENA_ARRAY(job->arena, const char *, capacity);

		if (!flags)
			return -ENOMEM;
		if (job->flag_count)
			memcpy(flags, job->flags, job->flag_count * sizeof(*flags));
		job->flags = flags;
		job->flag_capacity = capacity;
	}
	if (!flag)
		return -ENOMEM;
	job->flags[job->flag_count++] = flag;
	return 0;
}

/* Opened with our rights as a place to start from; every file below it is opened
 * by the worker with its own. */
static int add_path(struct job *job, const char *path, struct skbscope_error *error)
{
	AUTO(freep) char *real = realpath(path, NULL);
	int fd;

	if (job->path_count == WORKER_MAX_PATHS)
		return fail(error, E2BIG, SKBSCOPE_STAGE_USAGE, "more than %d include directories",
			    WORKER_MAX_PATHS);
	fd = open(path, O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (fd < 0)
		return fail_errno(error, errno, SKBSCOPE_STAGE_USAGE,
				  "cannot use the include directory '%s'", path);
	job->path_fds[job->path_count] = fd;
	job->paths[job->path_count++] = arena_string(job->arena, real ? real : path);
	return arena_failed(job->arena) ? fail_memory(error, SKBSCOPE_STAGE_COMPILE) : 0;
}

/* The latest path holds headers of the user's own. */
static int add_users_directory(struct job *job, const char *typed)
{
	struct clang_log_directory *directory = &job->directories[job->directory_count++];

	directory->real = job->paths[job->path_count - 1];
	directory->typed = arena_string(job->arena, typed);
	return directory->typed ? 0 : -ENOMEM;
}

static const char *last_path(const struct job *job)
{
	return arena_printf(job->arena, WORKER_PATH_PREFIX "%zu",
			    WORKER_FD_PATHS + job->path_count - 1);
}

static int add_include_directory(struct job *job, const char *path, struct skbscope_error *error)
{
	int r = add_path(job, path, error);

	if (r < 0)
		return r;
	if (add_flag(job, "-I") < 0 || add_flag(job, last_path(job)) < 0)
		return fail_memory(error, SKBSCOPE_STAGE_COMPILE);
	return 0;
}

/* The value reaches clang as part of one argument, so no shell and no option can
 * hide in it; a newline would end the #define and start a line of the program. */
static int add_define(struct job *job, const char *define, struct skbscope_error *error)
{
	const char *name = arena_string_n(job->arena, define, strcspn(define, "="));

	if (!name)
		return fail_memory(error, SKBSCOPE_STAGE_USAGE);
	if (!text_is_identifier(name))
		return fail(error, EINVAL, SKBSCOPE_STAGE_USAGE,
			    "-D takes NAME or NAME=VALUE, and '%.60s' is no name in C", name);
	if (strlen(define) > DEFINE_MAX_BYTES)
		return fail(error, E2BIG, SKBSCOPE_STAGE_USAGE, "-D %.60s is longer than %d bytes",
			    name, DEFINE_MAX_BYTES);
	for (const char *c = define; *c; c++)
		if (iscntrl((unsigned char)*c) && *c != '\t')
			return fail(error, EINVAL, SKBSCOPE_STAGE_USAGE,
				    "the value of -D %.60s holds a line break or another control "
				    "character",
				    name);
	if (strcmp(name, "BPF_LICENSE") == 0)
		return hint(error,
			    fail(error, EINVAL, SKBSCOPE_STAGE_USAGE,
				 "-D cannot set the licence of a program"),
			    "write #define BPF_LICENSE in the program");
	if (add_flag(job, "-D") < 0 || add_flag(job, arena_string(job->arena, define)) < 0)
		return fail_memory(error, SKBSCOPE_STAGE_USAGE);
	return 0;
}

static int add_user_flags(struct job *job, struct skbscope_error *error)
{
	const struct skbscope_compile_options *options = &job->options;

	for (size_t i = 0; i < options->define_count; i++) {
		int r = add_define(job, options->defines[i], error);

		if (r < 0)
			return r;
	}
	for (size_t i = 0; i < options->include_directory_count; i++) {
		int r = add_include_directory(job, options->include_directories[i], error);

		if (r < 0)
			return r;
		if (add_users_directory(job, options->include_directories[i]) < 0)
			return fail_memory(error, SKBSCOPE_STAGE_USAGE);
	}
	return 0;
}

/* The headers that come with the bundled programs: skbscope/types.h. */
static int add_bundled_headers(struct job *job, struct skbscope_error *error)
{
	const char *path = arena_printf(job->arena, "%s/include", paths_get()->programs);

	if (!path)
		return fail_memory(error, SKBSCOPE_STAGE_COMPILE);
	return access(path, F_OK) == 0 ? add_include_directory(job, path, error) : 0;
}

static int add_tree_flags(struct job *job, const struct header_tree *tree,
			  struct skbscope_error *error)
{
	for (size_t i = 0; i < tree->flag_count; i++) {
		const char *flag = tree->flags[i];
		int r;

		if (strncmp(flag, "-I/", 3) == 0)
			r = add_include_directory(job, flag + 2, error);
		else
			r = add_flag(job, arena_string(job->arena, flag)) < 0
				    ? fail_memory(error, SKBSCOPE_STAGE_COMPILE)
				    : 0;
		if (r < 0)
			return r;
	}
	return 0;
}

/* Kernel types travel as one more path, which is a file in memory. */
static int add_kernel_types(struct job *job, struct skbscope_error *error)
{
	uint64_t start_ns = clock_monotonic_ns();
	int fd;

	if (job->path_count == WORKER_MAX_PATHS)
		return fail(error, E2BIG, SKBSCOPE_STAGE_USAGE, "too many include directories");
	fd = prewarmed_kernel_types(job->compiler, error);
	job->times.types_ns = clock_monotonic_ns() - start_ns;
	if (fd < 0)
		return fd;
	job->path_fds[job->path_count] = fd;
	job->paths[job->path_count++] = "/sys/kernel/btf/vmlinux";
	if (add_flag(job, arena_printf(job->arena, "-DSKBSCOPE_KERNEL_TYPES=\"%s\"",
				       last_path(job))) < 0)
		return fail_memory(error, SKBSCOPE_STAGE_COMPILE);
	return 0;
}

static int prepare(struct job *job, const struct header_tree *tree, bool kernel_types,
		   struct skbscope_error *error)
{
	int r = add_path(job, tree->path, error);

	if (r == 0)
		r = add_path(job, job->source->directory, error);
	if (r == 0 && add_users_directory(job, job->source->directory) < 0)
		r = fail_memory(error, SKBSCOPE_STAGE_COMPILE);
	if (r == 0)
		r = add_tree_flags(job, tree, error);
	for (size_t i = 0; r == 0 && i < sizeof(own_flags) / sizeof(own_flags[0]); i++)
		if (add_flag(job, own_flags[i]) < 0)
			r = fail_memory(error, SKBSCOPE_STAGE_COMPILE);
	/* The program's own directory, whatever else the user names. */
	if (r == 0 && (add_flag(job, "-I") < 0 ||
		       add_flag(job, arena_printf(job->arena, WORKER_PATH_PREFIX "%d",
						  WORKER_FD_PATHS + WORKER_PATH_DIRECTORY)) < 0))
		r = fail_memory(error, SKBSCOPE_STAGE_COMPILE);
	if (r == 0)
		r = add_user_flags(job, error);
	if (r == 0)
		r = add_bundled_headers(job, error);
	if (r == 0 && kernel_types)
		r = add_kernel_types(job, error);
	return r;
}

static void forget_attempt(struct job *job)
{
	for (size_t i = 0; i < job->path_count; i++)
		closep(&job->path_fds[i]);
	job->path_count = 0;
	job->directory_count = 0;
	job->flag_count = 0;
	skbscope_diagnostics_clear(job->diagnostics);
	memset(&job->error, 0, sizeof(job->error));
}

/* Each attempt replaces what the one before depended on: it reads as much. */
static int take_files(struct job *job, const struct worker_result *result)
{
	struct skbscope_compile_files **out = job->options.files;
	struct skbscope_compile_files *files;

	if (!out)
		return 0;
	if (compile_files_new(&(struct compile_files_origin){ job->source, job->paths,
							      job->path_count, job->directories,
							      job->directory_count },
			      &result->answer, &files) < 0)
		return fail_memory(&job->error, SKBSCOPE_STAGE_COMPILE);
	if (*out && !files->complete) { /* an earlier attempt said more */
		skbscope_compile_files_free(files);
		return 0;
	}
	skbscope_compile_files_free(*out);
	*out = files;
	return 0;
}

/* A worker that was killed says nothing of the program, and another may live. */
static int run_worker(struct job *job, const struct worker_request *request,
		      const struct worker_limits *limits, struct worker_result *result)
{
	int r;

	job->times.attempts++;
	r = prewarmed_run(job->compiler, request, job->path_fds, limits, result, &job->error);
	if (r < 0 || !job->options.begin_again || result->begun_again ||
	    !outcome_was_killed(result))
		return r;
	worker_result_clear(result);
	job->times.attempts++;
	return worker_run(request, job->path_fds, limits, result, &job->error);
}

/* One attempt with these headers. 0: job->image is set. */
static int attempt(struct job *job, const struct header_tree *tree, bool kernel_types)
{
	const struct skbscope_source *source = job->source;
	AUTO(worker_result_clear) struct worker_result result = { 0 };
	struct worker_request request = {
		.path = source->path,
		.name = source->name,
		.comment = source->comment,
		.text = source->text,
		.text_length = source->length,
		.headers = tree->kind,
		.kernel_types = kernel_types,
	};
	uint32_t timeout_ms = job->options.timeout_ms ? job->options.timeout_ms : WORKER_TIMEOUT_MS;
	struct outcome outcome;
	int r;

	forget_attempt(job);
	r = prepare(job, tree, kernel_types, &job->error);
	if (r < 0)
		return r;
	request.seconds = timeout_ms / 1000 + 1;
	request.flags = job->flags;
	request.flag_count = job->flag_count;
	request.paths = job->paths;
	request.path_count = job->path_count;
	r = run_worker(job, &request, &(struct worker_limits){ timeout_ms, job->options.cancel_fd },
		       &result);
	if (r < 0)
		return r;
	job->times.warm += result.warm;
	r = take_files(job, &result);
	if (r < 0)
		return r;
	if (cache_files_add(&job->files, &result.answer) < 0)
		return fail_memory(&job->error, SKBSCOPE_STAGE_COMPILE);
	outcome = (struct outcome){ .request = &request,
				    .result = &result,
				    .directories = job->directories,
				    .directory_count = job->directory_count,
				    .timeout_ms = timeout_ms };
	return outcome_read(&outcome, source, &job->image, &job->times, job->diagnostics,
			    &job->error);
}

static int find_tree(const struct skbscope_compile_options *options, struct header_tree *tree,
		     struct skbscope_error *error)
{
	switch (options->headers) {
	case SKBSCOPE_HEADERS_KERNEL:
		return headers_kernel(tree, error);
	case SKBSCOPE_HEADERS_DIRECTORY:
		if (!options->headers_directory)
			return fail(error, EINVAL, SKBSCOPE_STAGE_USAGE,
				    "no directory was named for the headers");
		return headers_directory(options->headers_directory, tree, error);
	default:
		return headers_uapi(tree, error);
	}
}

static int add_all(const struct skbscope_diagnostics *from, struct skbscope_diagnostics *to)
{
	const char *log = skbscope_diagnostics_log(from);

	for (size_t i = 0; i < skbscope_diagnostics_count(from); i++) {
		int r = skbscope_diagnostics_add(to, skbscope_diagnostics_get(from, i));

		if (r < 0)
			return r;
	}
	return skbscope_diagnostics_set_log(to, log, strlen(log));
}

/* Whether running again with more headers could help: the program was refused,
 * and for something the small tree does not have. */
static enum headers_need need_of(const struct job *job)
{
	if (job->error.stage != SKBSCOPE_STAGE_COMPILE)
		return HEADERS_NEED_NOTHING;
	return headers_need(job->diagnostics);
}

/* Which include asked for them, and which package brings them. */
static void hint_at_missing_headers(struct job *job, const struct skbscope_error *missing)
{
	const char *what = "something in it";

	for (size_t i = 0; i < skbscope_diagnostics_count(job->diagnostics); i++) {
		const struct skbscope_diagnostic *entry =
			skbscope_diagnostics_get(job->diagnostics, i);

		if (entry->severity == SKBSCOPE_SEVERITY_ERROR) {
			if (entry->hint) /* something nearer than a package helps */
				return;
			what = entry->message;
			break;
		}
	}
	snprintf(job->error.hint, sizeof(job->error.hint),
		 "the kernel's own headers may help (%.256s): %.512s", what, missing->hint);
}

/* What an attempt had to say, while another is tried. */
struct story {
	struct skbscope_diagnostics *diagnostics;
	struct skbscope_error error;
};

static void story_clear(struct story *story)
{
	skbscope_diagnostics_free(story->diagnostics);
	story->diagnostics = NULL;
}

/* Tries once more. If that does not even come to a verdict on the program (no
 * BTF, no time), what was said before it is the better answer. */
static int attempt_again(struct job *job, const struct header_tree *tree, bool kernel_types)
{
	AUTO(story_clear) struct story before = { .error = job->error };
	struct skbscope_diagnostics *now;

	if (skbscope_diagnostics_new(&before.diagnostics) < 0)
		return fail_memory(&job->error, SKBSCOPE_STAGE_COMPILE);
	now = before.diagnostics;
	before.diagnostics = job->diagnostics;
	job->diagnostics = now;
	if (attempt(job, tree, kernel_types) == 0)
		return 0;
	if (job->error.stage != SKBSCOPE_STAGE_COMPILE || !job->error.message[0]) {
		job->diagnostics = before.diagnostics;
		before.diagnostics = now;
		job->error = before.error;
	}
	return job->error.code;
}

static int compile_auto(struct job *job, const struct header_tree *small)
{
	AUTO(header_tree_clear) struct header_tree kernel = { 0 };
	struct skbscope_error missing;
	enum headers_need need;
	int r = attempt(job, small, false);

	need = r < 0 ? need_of(job) : HEADERS_NEED_NOTHING;
	if (need == HEADERS_NEED_KERNEL_TYPES) {
		r = attempt_again(job, small, true);
		need = r < 0 && need_of(job) != HEADERS_NEED_NOTHING ? HEADERS_NEED_KERNEL
								     : HEADERS_NEED_NOTHING;
	}
	if (need != HEADERS_NEED_KERNEL)
		return r;
	if (headers_kernel(&kernel, &missing) < 0) {
		hint_at_missing_headers(job, &missing);
		return r;
	}
	return attempt_again(job, &kernel, false);
}

/* Whoever has the diagnostics has the hint already, at its line. */
static void say_hint_once(struct job *job, const struct skbscope_diagnostics *given)
{
	for (size_t i = 0; i < skbscope_diagnostics_count(given); i++) {
		const struct skbscope_diagnostic *entry = skbscope_diagnostics_get(given, i);

		if (entry->hint && strcmp(entry->hint, job->error.hint) == 0)
			job->error.hint[0] = '\0';
	}
}

/* What the program depended on when it was compiled, for whoever watches it. */
static int recall_files(struct job *job)
{
	AUTO(header_tree_clear) struct header_tree tree = { 0 };
	AUTO(buffer_free) struct buffer answer = { 0 };
	struct skbscope_compile_options chosen = job->options;
	int r;

	if (!job->options.files)
		return 0;
	chosen.headers = job->image->headers;
	r = find_tree(&chosen, &tree, &job->error);
	if (r == 0)
		r = prepare(job, &tree, false, &job->error);
	if (r == 0)
		r = cache_files_answer(&job->files, &answer);
	return r < 0 ? r : take_files(job, &(struct worker_result){ .answer = answer });
}

static bool find_image(struct job *job)
{
	cache_open(&job->cache, job->source, &job->options);
	job->times.cached = cache_lookup(&job->cache, &job->image, job->diagnostics, &job->files) &&
			    recall_files(job) == 0;
	if (!job->times.cached) {
		buffer_clear(&job->files);
		image_freep(&job->image);
	}
	return job->times.cached;
}

static int make_image(struct job *job)
{
	AUTO(header_tree_clear) struct header_tree tree = { 0 };
	int r = find_tree(&job->options, &tree, &job->error);

	if (r < 0)
		return r;
	r = job->options.headers == SKBSCOPE_HEADERS_AUTO ? compile_auto(job, &tree)
							  : attempt(job, &tree, false);
	if (r == 0)
		cache_store(&job->cache, job->image, &job->files, job->diagnostics);
	return r;
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
			      const struct skbscope_compile_options *options,
			      struct skbscope_image **image, struct skbscope_compile_times *times,
			      struct skbscope_diagnostics *diagnostics,
			      struct skbscope_error *error)
{
	AUTO(job_clear)
	struct job job = { .compiler = compiler, .source = source, .cache = CACHE_INIT };
	uint64_t start_ns = clock_monotonic_ns();
	int r = options_take(&job.options, sizeof(job.options), options, SKBSCOPE_STAGE_USAGE,
			     error);

	if (r < 0)
		return r;
	if (job.options.files)
		*job.options.files = NULL;
	job.arena = arena_new();
	if (!job.arena || skbscope_diagnostics_new(&job.diagnostics) < 0)
		return fail_memory(error, SKBSCOPE_STAGE_COMPILE);
	r = find_image(&job) ? 0 : make_image(&job);
	job.times.cache_trouble = job.cache.trouble;
	job.times.total_ns = clock_monotonic_ns() - start_ns;
	if (times)
		*times = job.times;
	if (add_all(job.diagnostics, diagnostics) < 0)
		return fail_memory(error, SKBSCOPE_STAGE_COMPILE);
	if (r < 0) {
		say_hint_once(&job, diagnostics);
		if (error)
			*error = job.error;
		return r;
	}
	*image = TAKE(job.image);
	return 0;
}
