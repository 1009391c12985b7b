/* SPDX-License-Identifier: Apache-2.0 */
/*
 * From how a worker ended and what it left behind to an image or an error. Its
 * answer comes from a process that ran a stranger's program: image_read() checks
 * every byte, and here it is held to the source that was asked about.
 */
#include "compile/verdict.h"

#include <errno.h>
#include <signal.h>
#include <string.h>

#include "base/error.h"
#include "compile/clang_log.h"
#include "image/image.h"

#define PROGRAM SKBSCOPE_STAGE_COMPILE
#define WORKER SKBSCOPE_STAGE_WORKER

/* Tags of the documentation comment say what the code cannot. */
static void mark_histograms(const struct skbscope_source *source, struct skbscope_image *image)
{
	for (size_t i = 0; i < source->documentation.histogram_count; i++) {
		int map = image_find_map(image, source->documentation.histograms[i].table);

		if (map >= 0)
			((struct skbscope_image_map *)(uintptr_t)image->maps)[map].histogram = true;
	}
}

static int read_answer(const struct verdict *verdict, const struct skbscope_source *source,
		       struct skbscope_image **image, struct skbscope_compile_times *times,
		       struct skbscope_error *error)
{
	const struct worker_result *result = verdict->result;
	struct worker_answer_header header;
	struct skbscope_image *read;
	int r;

	if (result->answer.length < sizeof(header))
		return fail(error, EBADMSG, WORKER, "the compiler process gave no answer");
	memcpy(&header, result->answer.data, sizeof(header));
	if (header.magic != WORKER_ANSWER_MAGIC ||
	    header.image_length != result->answer.length - sizeof(header))
		return fail(error, EBADMSG, WORKER, "the compiler process gave half an answer");
	r = image_read(result->answer.data + sizeof(header), header.image_length, &read, error);
	if (r < 0) {
		if (error)
			error->stage = WORKER;
		return r;
	}
	if (strcmp(read->path, source->path) != 0 || strcmp(read->name, source->name) != 0 ||
	    strcmp(read->comment, source->comment) != 0) {
		skbscope_image_free(read);
		return fail(error, EBADMSG, WORKER,
			    "the compiler process answered about another program");
	}
	mark_histograms(source, read);
	if (header.main_ns > result->started_ns && header.main_ns < result->ended_ns) {
		times->start_ns += header.main_ns - result->started_ns;
		times->compile_ns -= header.main_ns - result->started_ns;
	}
	*image = read;
	return 0;
}

static int explain_exit(const struct verdict *verdict, size_t errors, struct skbscope_error *error)
{
	const char *path = verdict->request->path;

	switch (verdict->result->status) {
	case WORKER_NO_FUNCTION:
		return hint(error, fail(error, EINVAL, PROGRAM, "'%s' has no function", path),
			    "write one that takes struct __sk_buff *skb and is not static");
	case WORKER_BAD_REQUEST:
	case WORKER_NO_SANDBOX:
	case WORKER_NO_IMAGE:
		return fail(error, EPROTO, WORKER, "the compiler process failed on '%s'", path);
	default:
		(void)errors;
		return fail(error, EINVAL, PROGRAM, "'%s' does not compile", path);
	}
}

static int explain_signal(const struct verdict *verdict, struct skbscope_error *error)
{
	return fail(error, EPROTO, WORKER, "the compiler crashed on '%s' (%s)",
		    verdict->request->path, strsignal(verdict->result->status));
}

int verdict_reach(const struct verdict *verdict, const struct skbscope_source *source,
		  struct skbscope_image **image, struct skbscope_compile_times *times,
		  struct skbscope_diagnostics *diagnostics, struct skbscope_error *error)
{
	const struct worker_result *result = verdict->result;
	const struct clang_log context = { verdict->request, verdict->user_directories,
					   verdict->user_directory_count };
	size_t errors = 0;
	int r;

	times->compile_ns += result->ended_ns - result->started_ns;
	r = clang_log_parse(&context, buffer_text(&result->log), result->log.length, diagnostics,
			    &errors);
	if (r < 0)
		return fail_memory(error, PROGRAM);
	if (result->end == WORKER_TIMED_OUT)
		return fail(error, ETIMEDOUT, WORKER, "the compiler took more than %u s over '%s'",
			    verdict->timeout_ms / 1000, source->path);
	if (result->end == WORKER_KILLED)
		return explain_signal(verdict, error);
	if (result->status != WORKER_DONE)
		return explain_exit(verdict, errors, error);
	return read_answer(verdict, source, image, times, error);
}
