/* SPDX-License-Identifier: Apache-2.0 */
/*
 * From how a worker ended and what it left behind to an image or an error. Its
 * answer comes from a process that ran a stranger's program: image_read() checks
 * every byte, and here it is held to the source that was asked about.
 */
#include "compile/outcome.h"

#include <errno.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "base/error.h"
#include "compile/clang_log.h"
#include "image/image.h"

#define PROGRAM SKBSCOPE_STAGE_COMPILE
#define WORKER SKBSCOPE_STAGE_WORKER

static enum skbscope_histogram histogram_of_tag(const struct skbscope_table_tag *tag)
{
	return tag->argument && strcmp(tag->argument, "linear") == 0 ? SKBSCOPE_HISTOGRAM_LINEAR
								     : SKBSCOPE_HISTOGRAM_LOG2;
}

/* Tags of the documentation comment say what the code cannot. */
static void mark_histograms(const struct skbscope_source *source, struct skbscope_image *image)
{
	for (size_t i = 0; i < source->documentation.histogram_count; i++) {
		const struct skbscope_table_tag *tag = &source->documentation.histograms[i];
		int map = image_find_map(image, tag->table);

		if (map >= 0)
			((struct skbscope_image_map *)(uintptr_t)image->maps)[map].histogram =
				histogram_of_tag(tag);
	}
}

static int read_answer(const struct outcome *outcome, const struct skbscope_source *source,
		       struct skbscope_image **image, struct skbscope_compile_times *times,
		       struct skbscope_error *error)
{
	const struct worker_result *result = outcome->result;
	struct answer answer;
	struct skbscope_image *read;
	int r;

	if (answer_read(result->answer.data, result->answer.length, &answer) < 0)
		return fail(error, EBADMSG, WORKER,
			    "the compiler process returned a truncated answer");
	r = image_read(answer.image, answer.header.image_length, &read, error);
	if (r < 0) {
		if (error)
			error->stage = WORKER;
		return r;
	}
	if (strcmp(read->path, source->path) != 0 || strcmp(read->name, source->name) != 0 ||
	    strcmp(read->comment, source->comment) != 0) {
		skbscope_image_free(read);
		return fail(error, EBADMSG, WORKER,
			    "the compiler process returned an answer for another program");
	}
	mark_histograms(source, read);
	times->precompiled = answer.header.precompiled != 0;
	if (answer.header.main_ns > result->started_ns &&
	    answer.header.main_ns < result->ended_ns) {
		times->start_ns += answer.header.main_ns - result->started_ns;
		times->compile_ns -= answer.header.main_ns - result->started_ns;
	}
	*image = read;
	return 0;
}

/* One sentence for the caller; the diagnostics hold the story. */
static int refuse(const struct outcome *outcome, size_t errors,
		  const struct skbscope_diagnostics *diagnostics, struct skbscope_error *error)
{
	const char *path = outcome->build->request.path;
	int r = errors == 1 ? fail(error, EINVAL, PROGRAM, "'%s' does not compile: 1 error", path)
			    : fail(error, EINVAL, PROGRAM, "'%s' does not compile: %zu errors",
				   path, errors);

	for (size_t i = 0; i < skbscope_diagnostics_count(diagnostics); i++) {
		const struct skbscope_diagnostic *entry = skbscope_diagnostics_get(diagnostics, i);

		if (entry->severity == SKBSCOPE_SEVERITY_ERROR && entry->hint)
			return hint(error, r, "%s", entry->hint);
	}
	return r;
}

static const char *last_line(const char *text, size_t *length)
{
	const char *end = text + strlen(text), *start;

	while (end > text && (end[-1] == '\n' || end[-1] == ' '))
		end--;
	for (start = end; start > text && start[-1] != '\n';)
		start--;
	*length = (size_t)(end - start);
	return start;
}

/* Nothing that clang or LLVM would have said of the program: whatever was said
 * last is the best there is. */
static int explain_silence(const struct outcome *outcome,
			   const struct skbscope_diagnostics *diagnostics,
			   struct skbscope_error *error)
{
	size_t length;
	const char *line = last_line(skbscope_diagnostics_log(diagnostics), &length);

	if (!length)
		return fail(error, EPROTO, WORKER,
			    "the compiler failed on '%s' without a message (exit status %d)",
			    outcome->build->request.path, outcome->result->status);
	fail(error, EPROTO, WORKER, "the compiler failed on '%s': %.*s",
	     outcome->build->request.path, (int)(length < 500 ? length : 500), line);
	if (strstr(line, "error while loading shared libraries"))
		return hint(error, -EPROTO,
			    "install libbcc (Debian: libbpfcc, Fedora: bcc), or raise the memory "
			    "limit");
	return -EPROTO;
}

static int explain_exit(const struct outcome *outcome, size_t errors,
			struct skbscope_diagnostics *diagnostics, struct skbscope_error *error)
{
	return errors && outcome->result->status != WORKER_GAVE_UP
		       ? refuse(outcome, errors, diagnostics, error)
		       : explain_silence(outcome, diagnostics, error);
}

/* What is known to crash libbcc or LLVM, by a word in the program. */
static const struct {
	const char *word, *message, *remedy;
} crashes[] = {
	{ "cursor_advance", "cursor_advance() probably crashed the compiler here",
	  "use it in a function that takes struct __sk_buff *skb and is not static, or put such "
	  "a function before this one" },
	{ "__builtin_return_address", "this has no meaning in BPF and crashed the compiler",
	  "remove it: packet programs have no caller" },
	{ "__builtin_frame_address", "this has no meaning in BPF and crashed the compiler",
	  "remove it: packet programs have no caller" },
};

static struct skbscope_diagnostic crash_place(const struct outcome *outcome, size_t cause,
					      char *source, size_t size)
{
	const char *text = outcome->build->request.text;
	const char *at = strstr(text, crashes[cause].word), *start = at;
	struct skbscope_diagnostic diagnostic = { .severity = SKBSCOPE_SEVERITY_ERROR,
						  .file = outcome->build->request.path,
						  .line = 1,
						  .message = crashes[cause].message,
						  .source = source,
						  .hint = crashes[cause].remedy };

	while (start > text && start[-1] != '\n')
		start--;
	for (const char *c = text; c < start; c++)
		diagnostic.line += *c == '\n';
	diagnostic.column = (uint32_t)(at - start) + 1;
	snprintf(source, size, "%.*s", (int)strcspn(start, "\n"), start);
	return diagnostic;
}

static int explain_crash(const struct outcome *outcome, struct skbscope_diagnostics *diagnostics,
			 struct skbscope_error *error)
{
	const char *path = outcome->build->request.path;
	const char *name = strsignal(outcome->result->status);

	for (size_t i = 0; i < sizeof(crashes) / sizeof(crashes[0]); i++) {
		char source[512];
		struct skbscope_diagnostic diagnostic;

		if (!strstr(outcome->build->request.text, crashes[i].word))
			continue;
		diagnostic = crash_place(outcome, i, source, sizeof(source));
		if (skbscope_diagnostics_add(diagnostics, &diagnostic) < 0)
			return fail_memory(error, PROGRAM);
		return hint(error,
			    fail(error, EINVAL, PROGRAM, "the compiler crashed on '%s' (%s)", path,
				 name),
			    "%s", crashes[i].remedy);
	}
	return hint(
		error, fail(error, EPROTO, WORKER, "the compiler crashed on '%s' (%s)", path, name),
		"nothing else is affected; remove functions from the program until it compiles, to "
		"find the one that causes it");
}

bool outcome_was_killed(const struct worker_result *result)
{
	if (result->end != WORKER_KILLED)
		return false;
	switch (result->status) {
	case SIGKILL: /* by the kernel too, where memory is short */
	case SIGTERM:
	case SIGINT:
	case SIGQUIT:
	case SIGHUP:
	case SIGALRM:
	case SIGUSR1:
	case SIGUSR2:
		return true;
	default:
		return false;
	}
}

bool outcome_is_verdict(const struct worker_result *result)
{
	if (result->end != WORKER_EXITED)
		return result->end != WORKER_KILLED || outcome_was_killed(result);
	return result->status == WORKER_DONE || result->status == WORKER_REFUSED ||
	       result->status == WORKER_NO_FUNCTION;
}

static bool ran_out_of_memory(const struct skbscope_diagnostics *diagnostics)
{
	const char *log = skbscope_diagnostics_log(diagnostics);

	return strstr(log, "bad_alloc") || strstr(log, "out of memory") ||
	       strstr(log, "Allocation failed") || strstr(log, "Cannot allocate memory");
}

#define TOO_MUCH                                                                                   \
	"look for a macro or an include that expands endlessly, or for a loop that is unrolled "   \
	"thousands of times"

/* By whom, nobody says. */
static int explain_kill(const struct outcome *outcome, struct skbscope_error *error)
{
	int signal = outcome->result->status;
	bool may_be_memory = signal == SIGKILL;

	fail(error, may_be_memory ? ENOMEM : EINTR, WORKER,
	     "the compiler was killed by signal %d (%s) while compiling '%s'", signal,
	     strsignal(signal), outcome->build->request.path);
	return hint(error, may_be_memory ? -ENOMEM : -EINTR, "%s",
		    may_be_memory ? "either the kernel ran out of memory (see dmesg), or "
				    "someone killed it"
				  : "someone sent that signal; the program is not the cause");
}

static int explain_signal(const struct outcome *outcome, size_t errors,
			  struct skbscope_diagnostics *diagnostics, struct skbscope_error *error)
{
	const char *path = outcome->build->request.path;

	if (outcome->result->status == SIGXCPU)
		return hint(error,
			    fail(error, ETIMEDOUT, WORKER,
				 "the compiler used more than %u s of CPU time on '%s'",
				 WORKER_MAX_SECONDS, path),
			    TOO_MUCH);
	if (outcome_was_killed(outcome->result))
		return explain_kill(outcome, error);
	/* LLVM aborts after it said why. */
	if (ran_out_of_memory(diagnostics))
		return hint(error,
			    fail(error, ENOMEM, WORKER,
				 "the compiler needed more memory than its limit for '%s'", path),
			    TOO_MUCH);
	return errors ? refuse(outcome, errors, diagnostics, error)
		      : explain_crash(outcome, diagnostics, error);
}

int outcome_read(const struct outcome *outcome, const struct skbscope_source *source,
		 struct skbscope_image **image, struct skbscope_compile_times *times,
		 struct skbscope_diagnostics *diagnostics, struct skbscope_error *error)
{
	const struct worker_result *result = outcome->result;
	const struct clang_log context = { &outcome->build->request, outcome->build->directories,
					   outcome->build->directory_count };
	size_t errors = 0;
	int r;

	times->compile_ns += result->ended_ns - result->started_ns;
	r = clang_log_parse(&context, buffer_text(&result->log), result->log.length, diagnostics,
			    &errors);
	if (r < 0)
		return fail_memory(error, PROGRAM);
	if (result->end == WORKER_CANCELLED)
		return fail(error, ECANCELED, WORKER, "the compilation of '%s' was interrupted",
			    source->path);
	if (result->end == WORKER_TIMED_OUT)
		return hint(error,
			    fail(error, ETIMEDOUT, WORKER,
				 "the compiler took more than %u.%u s for '%s'",
				 outcome->timeout_ms / 1000, outcome->timeout_ms % 1000 / 100,
				 source->path),
			    TOO_MUCH "; a slow machine may need a longer --compile-limit");
	if (result->end == WORKER_KILLED)
		return explain_signal(outcome, errors, diagnostics, error);
	/* Whether tables alone are of use, those know who have the other files. */
	if (result->status != WORKER_DONE && result->status != WORKER_NO_FUNCTION)
		return explain_exit(outcome, errors, diagnostics, error);
	return read_answer(outcome, source, image, times, error);
}
