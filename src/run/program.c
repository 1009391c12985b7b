/* SPDX-License-Identifier: Apache-2.0 */
/* Finding, reading and compiling the program named on the command line. */
#include "run/program.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/error.h"
#include "base/io.h"
#include "base/paths.h"
#include "base/text.h"
#include "compile/cache.h"
#include "run/program_files.h"
#include "run/program_image.h"
#include "run/report.h"
#include "run/summary.h"

void program_search_path(const struct compile_settings *settings, struct buffer *out)
{
	const char *environment = getenv("SKBSCOPE_PROGRAM_PATH");

	for (size_t i = 0; i < settings->program_paths.count; i++)
		buffer_printf(out, "%s:", settings->program_paths.items[i]);
	if (environment && *environment)
		buffer_printf(out, "%s:", environment);
	buffer_string(out, paths_get()->programs);
}

/* There is one stdin, and a program is read again whenever it may have changed. */
static struct {
	struct buffer text;
	bool read;
} typed_in;

static int read_stdin(struct skbscope_error *error)
{
	int r;

	if (typed_in.read)
		return 0;
	if (isatty(STDIN_FILENO))
		return hint(error,
			    fail(error, EINVAL, SKBSCOPE_STAGE_USAGE,
				 "'-' reads the program from stdin, which is a terminal"),
			    "pipe it in, as in 'git show HEAD:mine.c | skbscope check -', or write "
			    "it as -e TEXT");
	r = read_descriptor(STDIN_FILENO, SKBSCOPE_SOURCE_MAX, &typed_in.text);
	if (r == -EFBIG)
		return fail(error, EFBIG, SKBSCOPE_STAGE_READ,
			    "what is on stdin is larger than %u KiB, the most a program may be",
			    SKBSCOPE_SOURCE_MAX / 1024);
	if (r < 0)
		return fail_errno(error, r, SKBSCOPE_STAGE_READ, "cannot read stdin");
	typed_in.read = true;
	return 0;
}

static int read_typed(const struct compile_settings *settings, const char *name,
		      struct program *program, struct skbscope_error *error)
{
	const char *path = settings->text ? "-e" : "-";
	const char *text = settings->text;
	int r;

	if (text && name)
		return hint(error,
			    fail(error, EINVAL, SKBSCOPE_STAGE_USAGE,
				 "-e is a program, and so is '%s'", name),
			    "give one of them");
	if (text)
		return skbscope_source_from_typed(path, text, strlen(text), &program->source,
						  error);
	r = read_stdin(error);
	if (r < 0)
		return r;
	return skbscope_source_from_typed(path, buffer_text(&typed_in.text), typed_in.text.length,
					  &program->source, error);
}

int program_read(const struct compile_settings *settings, const char *name, struct program *program,
		 struct skbscope_error *error)
{
	AUTO(buffer_free) struct buffer path = { 0 };
	int r;

	if (!name && !settings->text)
		return hint(error,
			    fail(error, EINVAL, SKBSCOPE_STAGE_USAGE, "missing argument PROGRAM"),
			    "or write the program itself, as -e TEXT");
	program_search_path(settings, &path);
	if (path.failed || skbscope_diagnostics_new(&program->diagnostics) < 0)
		return fail_memory(error, SKBSCOPE_STAGE_READ);
	if (!settings->text && program_is_image(name))
		return program_image_read(settings, name, program, error);
	if (settings->text || strcmp(name, "-") == 0)
		r = read_typed(settings, name, program, error);
	else
		r = skbscope_source_read(name, buffer_text(&path), &program->source, error);
	return r < 0 ? r : program_files_read(&settings->with, buffer_text(&path), program, error);
}

static bool is_directory(const char *path)
{
	struct stat st;

	return stat(path, &st) == 0 && S_ISDIR(st.st_mode);
}

const char *const program_header_names[] = { "auto", "uapi", "kernel", NULL };

int program_choose_headers(const char *headers, struct skbscope_compile_options *options,
			   struct skbscope_error *error)
{
	size_t count = 0;
	int r;

	for (; headers && program_header_names[count]; count++)
		if (strcmp(headers, program_header_names[count]) == 0)
			break;
	if (!headers || program_header_names[count]) {
		options->headers = (enum skbscope_headers)count;
		return 0;
	}
	if (is_directory(headers)) {
		options->headers = SKBSCOPE_HEADERS_DIRECTORY;
		options->headers_directory = headers;
		return 0;
	}
	r = fail(error, EINVAL, SKBSCOPE_STAGE_USAGE,
		 "--headers takes auto, uapi, kernel or a directory, not '%s'", headers);
	hint_nearest(error, headers, program_header_names, count);
	return r;
}

static size_t add_names(const struct skbscope_source *source, const char **names)
{
	const struct skbscope_documentation *doc = &source->documentation;

	for (size_t i = 0; names && i < doc->parameter_count; i++)
		names[i] = doc->parameters[i].name;
	return doc->parameter_count;
}

/* The parameters of all files; their number, where names is NULL. */
static size_t parameters_of(const struct program *program, const char **names)
{
	size_t count = add_names(program->source, names);

	for (size_t i = 0; i < program->with_count; i++)
		count += add_names(program->with[i], names ? names + count : NULL);
	return count;
}

/* A program that declares its parameters has a misspelt -D found out. */
static int check_parameters(const struct list *defines, struct program *program,
			    struct skbscope_error *error)
{
	const size_t count = parameters_of(program, NULL);
	AUTO(freep) const char **names = calloc(count + 1, sizeof(*names));
	int r = names ? 0 : -ENOMEM;

	parameters_of(program, names);
	for (size_t i = 0; i < defines->count && r == 0; i++) {
		char name[128], message[256], advice[160];
		const char *nearest;
		struct skbscope_diagnostic warning = {
			.severity = SKBSCOPE_SEVERITY_WARNING,
			.message = message,
			.hint = advice,
			.rule = "unknown-parameter", /* cli/rules.h */
		};

		snprintf(name, sizeof(name), "%.*s", (int)strcspn(defines->items[i], "="),
			 defines->items[i]);
		nearest = text_nearest(name, names, count);
		if (!nearest || strcmp(nearest, name) == 0)
			continue;
		snprintf(message, sizeof(message), "-D %s: %s has no such parameter", name,
			 program->source->name);
		snprintf(advice, sizeof(advice), "did you mean %.100s?", nearest);
		r = skbscope_diagnostics_add(program->diagnostics, &warning);
	}
	return r < 0 ? fail_memory(error, SKBSCOPE_STAGE_USAGE) : 0;
}

/* A program that is meant to be enforced has a say in what it leaves out when it is not. */
static const char **choose_defines(const struct compile_settings *settings,
				   const struct program *program,
				   struct skbscope_compile_options *options)
{
	const struct list *asked = &settings->defines;
	const char **defines = calloc(asked->count + 1, sizeof(*defines));

	if (!defines)
		return NULL;
	if (asked->count)
		memcpy(defines, asked->items, asked->count * sizeof(*defines));
	options->defines = defines;
	options->define_count = asked->count;
	if (settings->passive && program->source->documentation.enforce)
		defines[options->define_count++] = "SKBSCOPE_PASSIVE";
	return defines;
}

#define LIMIT_VARIABLE "SKBSCOPE_COMPILE_LIMIT"

static int choose_limit(const struct compile_settings *settings,
			struct skbscope_compile_options *options, struct skbscope_error *error)
{
	const char *environment = getenv(LIMIT_VARIABLE);
	uint64_t limit_ns = settings->limit_ns;

	if (!limit_ns && environment && *environment && !text_duration(environment, &limit_ns))
		return hint(error,
			    fail(error, EINVAL, SKBSCOPE_STAGE_USAGE, "%s: '%s' is not a time",
				 LIMIT_VARIABLE, environment),
			    "write it as in 30s or 5m");
	limit_ns /= 1000000;
	options->timeout_ms = limit_ns < UINT32_MAX ? (uint32_t)limit_ns : UINT32_MAX;
	return 0;
}

int program_compile(const struct compile_settings *settings, const struct compile_with *with,
		    struct program *program, struct skbscope_error *error)
{
	AUTO(buffer_free) struct buffer cache = { 0 };
	struct skbscope_compile_options options = {
		.size = sizeof(options),
		.cancel_fd = with ? with->cancel_fd : -1,
		.inputs = &program->inputs,
		.anew = settings->no_cache,
		.rest_later = true,
		.prints = !settings->kernel_prints,
		.include_directories = settings->include_directories.items,
		.include_directory_count = settings->include_directories.count,
		.with = (const struct skbscope_source *const *)program->with,
		.with_count = program->with_count,
	};
	AUTO(freep) const char **defines = NULL;
	int r;

	if (program->is_image)
		return 0;
	defines = choose_defines(settings, program, &options);
	r = defines ? program_choose_headers(settings->headers, &options, error)
		    : fail_memory(error, SKBSCOPE_STAGE_USAGE);

	if (r == 0)
		r = choose_limit(settings, &options, error);
	if (r == 0)
		r = check_parameters(&settings->defines, program, error);
	if (r < 0)
		return r;
	/* No home, no cache. */
	if (cache_directory_default(&cache) == 0)
		options.cache_directory = buffer_text(&cache);
	return skbscope_compiler_compile(with ? with->compiler : NULL, program->source, &options,
					 &program->image, &program->times, program->diagnostics,
					 error);
}

void program_clear(struct program *program)
{
	skbscope_image_free(program->image);
	program_files_clear(program);
	skbscope_source_free(program->source);
	skbscope_diagnostics_free(program->diagnostics);
	skbscope_inputs_free(program->inputs);
	memset(program, 0, sizeof(*program));
}

void program_headers_text(const struct skbscope_image *image, struct buffer *out)
{
	switch (image->headers) {
	case SKBSCOPE_HEADERS_AUTO:
	case SKBSCOPE_HEADERS_UAPI:
		buffer_string(out, image->kernel_types
					   ? "the small tree, with types from the running kernel"
					   : "the small tree");
		break;
	case SKBSCOPE_HEADERS_KERNEL:
		buffer_printf(out, "the kernel's, %s",
			      image->headers_path ? image->headers_path : "");
		break;
	case SKBSCOPE_HEADERS_DIRECTORY:
		buffer_string(out, image->headers_path ? image->headers_path : "");
		break;
	}
	if (image->include_count)
		buffer_printf(out, " (%zu files read)", image->include_count);
}

void program_times_text(const struct skbscope_compile_times *times, struct buffer *out)
{
	if (!times->total_ns) {
		buffer_string(out, "nothing to compile");
		return;
	}
	if (times->cached) {
		buffer_string(out, "loaded from the cache in ");
		summary_time(times->total_ns, out);
		return;
	}
	buffer_string(out, times->warm ? "warm start " : "start ");
	summary_time(times->start_ns, out);
	if (times->types_ns) {
		buffer_string(out, ", kernel types ");
		summary_time(times->types_ns, out);
	}
	buffer_string(out, ", compile ");
	summary_time(times->compile_ns, out);
	if (times->attempts > 1)
		buffer_printf(out, " (%u attempts)", times->attempts);
	buffer_string(out, ", total ");
	summary_time(times->total_ns, out);
}

void program_trouble_text(const struct skbscope_compile_times *times, struct buffer *out)
{
	if (times->cache_trouble)
		buffer_printf(out, "\ncache: not used, %s", times->cache_trouble);
}

void program_say_trouble(const struct talk_settings *talk, const struct program *program)
{
	AUTO(buffer_free) struct buffer text = { 0 };

	program_trouble_text(&program->times, &text);
	if (talk->verbose && !talk->quiet && text.length)
		report_say("%s", buffer_text(&text) + 1);
}
