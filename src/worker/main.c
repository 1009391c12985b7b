/* SPDX-License-Identifier: Apache-2.0 */
/*
 * skbscope-compile, the worker: one request in, one image or one complaint out.
 * The only program here that links libbcc, and so LLVM. It is started by
 * compile/worker_client.c, without privilege, and ends after one compilation.
 */
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
#include "compile/protocol.h"
#include "image/image.h"
#include "worker/build.h"
#include "worker/interpose.h"
#include "worker/sandbox.h"
#include "worker/versions.h"

/* libbcc's module flag that prints the text it rewrote: lines are aligned by it. */
#define PRINT_REWRITTEN 0x4

/* Destructors would tear down LLVM piece by piece; the kernel does it faster. */
_Noreturn static void leave(enum worker_status status)
{
	fflush(NULL);
	_exit((int)status);
}

_Noreturn static void give_up(enum worker_status status, const char *what)
{
	fprintf(stderr, "skbscope-compile: %s\n", what);
	leave(status);
}

static struct worker_request read_request(void)
{
	static struct buffer bytes; /* borrowed by the request until the end */
	struct worker_request request;
	struct arena *arena = arena_new();

	if (!arena || lseek(WORKER_FD_REQUEST, 0, SEEK_SET) < 0 ||
	    read_descriptor(WORKER_FD_REQUEST, WORKER_MAX_REQUEST, &bytes) < 0 ||
	    request_read(bytes.data, bytes.length, arena, &request) < 0)
		give_up(WORKER_BAD_REQUEST, "no request, which only skbscope makes");
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
			CLANG_LOG_WORKER ":0: note: headers in '%s' are out of reach: the "
					 "compiler runs as user %u, who may not search it\n",
			flags[i + 1], getuid());
}

static void *compile(const struct worker_request *request)
{
	static struct buffer text;
	const char **flags = calloc(request->flag_count + 1, sizeof(*flags));
	size_t kept;
	void *module;

	if (!flags)
		give_up(WORKER_BAD_REQUEST, "out of memory");
	kept = leave_out_unsearchable(request, flags);

	/* What clang calls the user's file, in diagnostics and line records. */
	if (buffer_string(&text, "#line 1 \"" WORKER_SOURCE_FILE "\"\n") < 0 ||
	    buffer_append(&text, request->text, request->text_length) < 0)
		give_up(WORKER_BAD_REQUEST, "out of memory");
	files_watch(true);
	module = bpf_module_create_c_from_string(text.data, PRINT_REWRITTEN, flags, (int)kept,
						 false, NULL);
	files_watch(false);
	if (!module)
		name_left_out(flags, kept, request->flag_count);
	free(flags);
	return module;
}

static void answer(const struct worker_request *request, const struct image *image,
		   uint64_t main_ns, const char *libbcc)
{
	struct worker_answer_header header = { .magic = WORKER_ANSWER_MAGIC,
					       .main_ns = main_ns,
					       .kallsyms_shortcut = symbols_shortcut_used() };
	struct buffer bytes = { 0 }, list = { 0 };

	snprintf(header.libbcc, sizeof(header.libbcc), "%s", libbcc);
	if (image && (image_write(&image->public, &bytes) < 0 || bytes.length > UINT32_MAX))
		give_up(WORKER_NO_IMAGE, "the image cannot be written");
	if (files_write(request, &list) < 0 || list.length > UINT32_MAX)
		give_up(WORKER_NO_IMAGE, "the list of files cannot be written");
	header.image_length = (uint32_t)bytes.length;
	header.files_length = (uint32_t)list.length;
	if (write_all(WORKER_FD_ANSWER, &header, sizeof(header)) < 0 ||
	    write_all(WORKER_FD_ANSWER, buffer_text(&bytes), bytes.length) < 0 ||
	    write_all(WORKER_FD_ANSWER, buffer_text(&list), list.length) < 0)
		give_up(WORKER_NO_IMAGE, "the image is too large");
}

/* For people; everything else this program does is for skbscope. */
static int print_versions(void)
{
	char libbcc[32], llvm[32];

	library_version("libbcc.so", libbcc, sizeof(libbcc));
	library_version("libLLVM", llvm, sizeof(llvm));
	printf("skbscope-compile " SKBSCOPE_VERSION ", libbcc %s, LLVM %s\n", libbcc, llvm);
	return fflush(stdout) == 0 ? 0 : 1;
}

static void read_log(struct buffer *log)
{
	/* A file that both ends may read from its start. */
	fflush(NULL);
	if (lseek(STDERR_FILENO, 0, SEEK_SET) < 0 ||
	    read_descriptor(STDERR_FILENO, WORKER_MAX_OUTPUT, log) < 0)
		give_up(WORKER_NO_IMAGE, "the log cannot be read back");
}

int main(int count, char **arguments)
{
	const uint64_t main_ns = clock_monotonic_ns();
	char tree[64], libbcc[32];
	struct worker_request request;
	struct buffer log = { 0 };
	struct image *image = NULL;
	void *module;
	int r;

	if (count > 1 && strcmp(arguments[1], "--version") == 0)
		return print_versions();
	library_version("libbcc.so", libbcc, sizeof(libbcc));
	snprintf(tree, sizeof(tree), WORKER_PATH_PREFIX "%d",
		 WORKER_FD_PATHS + WORKER_PATH_HEADERS);
	if (setenv("BCC_KERNEL_SOURCE", tree, 1) < 0 || sandbox_enter() < 0)
		give_up(WORKER_NO_SANDBOX, "the kernel refuses the system call filter");
	request = read_request();
	/* libbcc looks for includes in the directory it was started from. */
	(void)!fchdir(WORKER_FD_PATHS + WORKER_PATH_DIRECTORY);
	module = compile(&request);
	read_log(&log);
	if (!module) {
		answer(&request, NULL, main_ns, libbcc);
		leave(WORKER_REFUSED);
	}
	r = build_image(module, &request, buffer_text(&log), log.length, &image);
	if (r < 0 && r != -ENOENT)
		give_up(WORKER_NO_IMAGE, strerror(-r));
	answer(&request, image, main_ns, libbcc);
	leave(r == -ENOENT ? WORKER_NO_FUNCTION : WORKER_DONE);
}
