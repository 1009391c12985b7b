/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One compilation. The request is skbscope's own and needs no suspicion: libbcc compiles
 * it, what was recorded becomes an image, and what it depended on is listed.
 */
#include "worker/request.h"

#include <bcc/bcc_common.h>
#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/buffer.h"
#include "base/io.h"
#include "compile/clang_log.h"
#include "image/image.h"
#include "worker/build.h"
#include "worker/expression.h"
#include "worker/first_declaration.h"
#include "worker/opened_files.h"
#include "worker/precompile.h"
#include "worker/prints.h"
#include "worker/record.h"
#include "worker/shortcuts.h"
#include "worker/surroundings.h"
#include "worker/versions.h"

/* libbcc's module flag that prints the text it rewrote: lines are aligned by it. */
#define PRINT_REWRITTEN 0x4

/* Destructors would tear down LLVM piece by piece; the kernel does it faster. Even so it
 * takes some milliseconds before others see the end: it is told first. */
_Noreturn void worker_leave(enum worker_status status)
{
	const uint32_t told = status;

	fflush(NULL);
	(void)!write(WORKER_FD_ALIVE, &told, sizeof(told));
	_exit((int)status);
}

_Noreturn void worker_give_up(const char *what)
{
	fprintf(stderr, "skbscope-compile: %s\n", what);
	worker_leave(WORKER_GAVE_UP);
}

static struct worker_request read_request(void)
{
	struct buffer bytes = { 0 }; /* borrowed by the request */
	struct worker_request request;
	struct arena *arena = arena_new();

	if (!arena || lseek(WORKER_FD_REQUEST, 0, SEEK_SET) < 0 ||
	    read_descriptor(WORKER_FD_REQUEST, WORKER_MAX_REQUEST, &bytes) < 0 ||
	    request_read(bytes.data, bytes.length, arena, &request) < 0)
		worker_give_up("there is no request; only skbscope starts this program");
	return request;
}

static bool is_searchable(const char *directory)
{
	return strncmp(directory, WORKER_PATH_PREFIX, strlen(WORKER_PATH_PREFIX)) != 0 ||
	       access(directory, X_OK) == 0;
}

/* Clang gives up at the first include directory that it may not search, even if
 * the header is in another: such a directory is left out. They come to stand
 * behind the others, as pairs of "-I" and a path; how many flags are left. */
static size_t leave_out_unsearchable(const struct worker_request *request, const char **flags)
{
	size_t kept = 0, left_out = request->flag_count;

	for (size_t i = 0; i < request->flag_count; i++) {
		bool pair = strcmp(request->flags[i], "-I") == 0 && i + 1 < request->flag_count;

		if (pair && !is_searchable(request->flags[i + 1])) {
			flags[--left_out] = request->flags[++i];
			flags[--left_out] = "-I";
			continue;
		}
		flags[kept++] = request->flags[i];
		if (pair)
			flags[kept++] = request->flags[++i];
	}
	return kept;
}

static void name_left_out(const char *const *flags, size_t kept, size_t count)
{
	for (size_t i = kept; i + 1 < count; i += 2)
		fprintf(stderr,
			CLANG_LOG_WORKER
			":0: note: headers in '%s' are out of reach: the "
			"compiler runs as user %u, who may not search that directory\n",
			flags[i + 1], getuid());
}

static void *run_libbcc(const struct worker_request *request, enum prints prints)
{
	struct buffer text = { 0 };
	const char **flags = calloc(request->flag_count + 1, sizeof(*flags));
	size_t kept;
	void *module;

	if (!flags)
		worker_give_up("out of memory");
	kept = leave_out_unsearchable(request, flags);

	prints_put(prints, &text);
	/* What clang calls the user's file, in diagnostics and line records. */
	buffer_string(&text, "#line 1 \"" WORKER_SOURCE_FILE "\"\n");
	if (request->compiled)
		buffer_append(&text, request->compiled, request->compiled_length);
	else
		buffer_append(&text, request->text, request->text_length);
	if (text.failed)
		worker_give_up("out of memory");
	tracepoints_skip(text.data, text.length);
	opened_files_record(true);
	module = bpf_module_create_c_from_string(text.data, PRINT_REWRITTEN, flags, (int)kept,
						 false, NULL);
	opened_files_record(false);
	if (!module)
		name_left_out(flags, kept, request->flag_count);
	free(flags);
	return module;
}

/* OTHER: what stands in the image's place, or NULL. */
static void answer(const struct worker_request *request, const struct skbscope_image *image,
		   const struct buffer *other, bool precompiled, uint64_t main_ns)
{
	struct worker_answer_header header = { .magic = WORKER_ANSWER_MAGIC,
					       .main_ns = main_ns,
					       .kallsyms_shortcut = symbols_shortcut_used(),
					       .precompiled = precompiled };
	struct buffer bytes = { 0 };
	size_t image_end;

	library_version("libbcc.so", header.libbcc, sizeof(header.libbcc));
	library_version("libLLVM", header.llvm, sizeof(header.llvm));
	buffer_append(&bytes, &header, sizeof(header));
	if (image && image_write(image, &bytes) < 0)
		worker_give_up("the image cannot be written");
	if (other)
		buffer_append(&bytes, other->data, other->length);
	image_end = bytes.length;
	opened_files_write(request, &bytes);
	if (bytes.failed || bytes.length > UINT32_MAX)
		worker_give_up("the list of files cannot be written");
	header.image_length = (uint32_t)(image_end - sizeof(header));
	header.files_length = (uint32_t)(bytes.length - image_end);
	memcpy(bytes.data, &header, sizeof(header));
	if (write_all(WORKER_FD_ANSWER, bytes.data, bytes.length) < 0)
		worker_give_up("the image is too large");
}

static void read_log(struct buffer *log)
{
	/* A file that both ends may read from its start. */
	fflush(NULL);
	if (lseek(STDERR_FILENO, 0, SEEK_SET) < 0 ||
	    read_descriptor(STDERR_FILENO, WORKER_MAX_OUTPUT, log) < 0)
		worker_give_up("the log cannot be read back");
}

/* The image, or its absence and what it is called. */
static enum worker_status compile(const struct worker_request *request, enum prints prints,
				  struct skbscope_image **image)
{
	struct buffer log = { 0 };
	void *module = run_libbcc(request, prints);
	int r;

	read_log(&log);
	if (!module)
		return WORKER_REFUSED;
	r = build_image(module, request, buffer_text(&log), log.length, image);
	buffer_free(&log);
	if (r == -ECANCELED)
		return WORKER_REFUSED;
	if (r < 0) {
		fprintf(stderr, "skbscope-compile: %s\n", strerror(-r));
		return WORKER_GAVE_UP;
	}
	return (*image)->program_count ? WORKER_DONE : WORKER_NO_FUNCTION;
}

/* As if nothing had been said of the program. */
static void forget_attempt(void)
{
	fflush(NULL);
	if (ftruncate(STDERR_FILENO, 0) < 0 || lseek(STDERR_FILENO, 0, SEEK_SET) < 0)
		worker_give_up("the log cannot be begun anew");
	request_forget();
}

/* What fails with a precompiled header is compiled without it, by the same worker: whoever
 * asked is told nothing that depends on there being one. */
static enum worker_status compile_somehow(const struct worker_request *request, enum prints prints,
					  struct skbscope_image **image, bool *precompiled)
{
	enum worker_status status;

	opened_files_tree(request->paths[WORKER_PATH_HEADERS]);
	*precompiled = tracepoints_are_absent(request->text) && precompile_use(request);
	status = compile(request, prints, image);
	if (!*precompiled)
		return status;
	precompile_stop();
	if (status == WORKER_DONE || status == WORKER_NO_FUNCTION)
		return status;
	*precompiled = false;
	forget_attempt();
	return compile(request, prints, image);
}

/* Which headers there are is known once it was compiled. */
static enum worker_status compile_with_prints(const struct worker_request *request,
					      struct skbscope_image **image, bool *precompiled)
{
	const enum prints prints = prints_of(request);
	enum worker_status status = compile_somehow(request, prints, image, precompiled);

	if (prints == PRINTS_MACROS || status == WORKER_GAVE_UP || !prints_in_headers(request))
		return status;
	skbscope_image_free(*image);
	*image = NULL;
	forget_attempt();
	return compile_somehow(request, PRINTS_MACROS, image, precompiled);
}

/* Of no program: what one declares would be in all that are compiled with it. */
static enum worker_status precompile(const struct worker_request *asked, uint64_t started_ns)
{
	struct worker_request none = *asked;
	const struct worker_request *request = &none;
	bool made;

	none.compiled = NULL;
	none.text = "";
	none.text_length = 0;

	/* Once more as it always was, to look on. */
	first_declaration_learn();
	run_libbcc(request, PRINTS_NONE);
	forget_attempt();
	precompile_make(request);
	run_libbcc(request, PRINTS_NONE);
	made = precompile_made(request);
	answer(request, NULL, NULL, made, started_ns);
	return made ? WORKER_DONE : WORKER_REFUSED;
}

/* Of no program, as the precompiled header. */
static enum worker_status describe(const struct worker_request *request, uint64_t started_ns)
{
	struct buffer entries = { 0 };

	surroundings_watch();
	run_libbcc(request, PRINTS_NONE);
	forget_attempt();
	if (!surroundings_write(request, &entries))
		return WORKER_REFUSED;
	answer(request, NULL, &entries, false, started_ns);
	buffer_free(&entries);
	return WORKER_DONE;
}

enum worker_status request_serve(uint64_t started_ns)
{
	const struct worker_request request = read_request();
	struct skbscope_image *image = NULL;
	enum worker_status status;
	bool precompiled;

	if (request.expression)
		return expression_compile(&request, started_ns);
	/* libbcc looks for includes in the directory it was started from. */
	(void)!fchdir(WORKER_FD_PATHS + WORKER_PATH_DIRECTORY);
	if (request.precompile)
		return precompile(&request, started_ns);
	if (request.surroundings)
		return describe(&request, started_ns);
	status = compile_with_prints(&request, &image, &precompiled);
	if (status != WORKER_GAVE_UP)
		answer(&request, image, NULL, precompiled, started_ns);
	return status;
}

bool request_warm_up(void)
{
	struct worker_request request = read_request();
	struct skbscope_image *image = NULL;
	bool precompiled;

	(void)!fchdir(WORKER_FD_PATHS + WORKER_PATH_DIRECTORY);
	if (request.precompile && precompile(&request, 0) != WORKER_DONE)
		request.precompiled = 0;
	request_forget();
	request.precompile = false;
	return compile_somehow(&request, PRINTS_NONE, &image, &precompiled) == WORKER_DONE;
}

void request_forget(void)
{
	opened_files_forget();
	record_forget();
}
