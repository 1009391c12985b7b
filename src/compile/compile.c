/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One file: which header tree, how often, and what is kept of it. What is asked of the
 * worker is request_build.c's; what its answer means, outcome.c's; several files, together.c's.
 */
#include "compile/compile_one.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/error.h"
#include "base/hash.h"
#include "base/io.h"
#include "compile/cache.h"
#include "compile/headers.h"
#include "compile/headers_need.h"
#include "compile/outcome.h"
#include "compile/precompiled.h"
#include "compile/prewarmed.h"
#include "compile/request_build.h"
#include "compile/worker_client.h"
#include "image/image.h"

struct job {
	struct skbscope_compiler *compiler; /* NULL: none waits */
	const struct skbscope_source *source;
	struct skbscope_compile_options options;
	struct skbscope_compile_times times;
	struct cache cache;
	struct cache_write write;
	struct precompiled precompiled;           /* from the cache */
	struct skbscope_inputs *inputs;           /* of every attempt so far */
	struct skbscope_diagnostics *diagnostics; /* of the latest attempt */
	struct skbscope_image *image;
	struct skbscope_error error; /* of the latest attempt */
};

static void job_clear(struct job *job)
{
	skbscope_diagnostics_free(job->diagnostics);
	skbscope_image_free(job->image);
	inputs_freep(&job->inputs);
	cache_close(&job->cache);
	cache_write_clear(&job->write);
	precompiled_clear(&job->precompiled);
}

static int add_kernel_types(struct job *job, struct request_build *build)
{
	uint64_t start_ns = clock_monotonic_ns();
	int types = prewarmed_kernel_types(job->compiler, &job->error);

	job->times.types_ns = clock_monotonic_ns() - start_ns;
	return types < 0 ? types : request_build_types(build, types, &job->error);
}

/* A compiler that waits has its own. */
static void add_precompiled(struct job *job, struct request_build *build)
{
	if (build->request.headers != SKBSCOPE_HEADERS_UAPI ||
	    prewarmed_add_precompiled(job->compiler, build) || !job->options.cache_directory)
		return;
	if (precompiled_load(job->options.cache_directory, &job->precompiled))
		precompiled_add(&job->precompiled, build);
}

/* A worker that was killed says nothing of the program, and another may live. One that
 * came to no verdict is no judge of it either if it had a precompiled header. */
static int run_worker(struct job *job, struct request_build *build,
		      const struct worker_limits *limits, struct worker_result *result)
{
	bool killed = false, again;
	int r;

	job->times.attempts++;
	do {
		worker_result_clear(result);
		r = prewarmed_run(job->compiler, &build->request, limits, result, &job->error);
		again = false;
		job->times.warm += result->warm;
		if (r == 0 && !killed && outcome_was_killed(result)) {
			killed = again = true;
			job->times.attempts++;
		} else if (r == 0 && build->request.precompiled && !outcome_is_verdict(result)) {
			build->request.precompiled = 0;
			again = true;
		}
	} while (again);
	return r;
}

/* One attempt with these headers. 0: job->image is set. */
static int attempt(struct job *job, const struct header_tree *tree, bool kernel_types)
{
	AUTO(request_build_clear) struct request_build build;
	AUTO(worker_result_clear) struct worker_result result = { 0 };
	const struct worker_limits limits = {
		.timeout_ms = job->options.timeout_ms ? job->options.timeout_ms : WORKER_TIMEOUT_MS,
		.cancel_fd = job->options.cancel_fd,
	};
	const struct outcome outcome = { &build, &result, limits.timeout_ms };
	int r;

	skbscope_diagnostics_clear(job->diagnostics);
	memset(&job->error, 0, sizeof(job->error));
	r = request_build(&build, job->source, &job->options, tree, &job->error);
	if (r == 0 && kernel_types)
		r = add_kernel_types(job, &build);
	else if (r == 0)
		add_precompiled(job, &build);
	if (r == 0)
		r = run_worker(job, &build, &limits, &result);
	if (r < 0)
		return r;
	build.request.text = build.as_written; /* what is quoted */
	inputs_add_listed(job->inputs,
			  &(struct inputs_origin){ build.paths, build.request.path_count,
						   build.directories, build.directory_count },
			  &result.answer);
	return outcome_read(&outcome, job->source, &job->image, &job->times, job->diagnostics,
			    &job->error);
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

/* What is wrong, wherever it is by now. */
static uint64_t errors_hash(const struct skbscope_diagnostics *diagnostics)
{
	uint64_t hash = HASH_INIT;

	for (size_t i = 0; i < skbscope_diagnostics_count(diagnostics); i++) {
		const struct skbscope_diagnostic *entry = skbscope_diagnostics_get(diagnostics, i);

		if (entry->severity == SKBSCOPE_SEVERITY_ERROR)
			hash = hash_bytes(hash, entry->message, strlen(entry->message) + 1);
	}
	return hash;
}

/* Only a program that was refused has errors that other headers may help with. */
static bool is_refused(const struct job *job)
{
	return job->error.stage == SKBSCOPE_STAGE_COMPILE;
}

/* What asked for them, and which package brings them; unless something nearer than a
 * package helps. */
static void hint_at_missing_headers(struct job *job, const struct skbscope_diagnostic *asked,
				    const struct skbscope_error *missing)
{
	if (!asked->hint)
		hint(&job->error, 0, "the kernel's own headers may help (%.256s): %.512s",
		     asked->message, missing->hint);
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

/* Tries once more. If that does not even come to a verdict on the program (no BTF, no
 * time), or to the same one, what was said before it is the better answer. */
static int attempt_again(struct job *job, const struct header_tree *tree, bool kernel_types,
			 bool *judged)
{
	AUTO(story_clear) struct story before = { .error = job->error };
	struct skbscope_diagnostics *now;
	int r;

	if (skbscope_diagnostics_new(&before.diagnostics) < 0)
		return fail_memory(&job->error, SKBSCOPE_STAGE_COMPILE);
	now = before.diagnostics;
	before.diagnostics = job->diagnostics;
	job->diagnostics = now;
	r = attempt(job, tree, kernel_types);
	*judged = r == 0 || is_refused(job);
	if (r == 0 || r == -ECANCELED)
		return r;
	if (!*judged || errors_hash(now) == errors_hash(before.diagnostics)) {
		job->diagnostics = before.diagnostics;
		before.diagnostics = now;
		job->error = before.error;
	}
	return job->error.code;
}

/* asked: NULL where that tree only may help. */
static int attempt_kernel(struct job *job, const struct skbscope_diagnostic *asked)
{
	AUTO(header_tree_clear) struct header_tree tree = { 0 };
	struct skbscope_error missing;
	bool judged;

	if (headers_kernel(&tree, &missing) == 0)
		return attempt_again(job, &tree, false, &judged);
	if (asked)
		hint_at_missing_headers(job, asked, &missing);
	return job->error.code;
}

static int compile_auto(struct job *job, const struct header_tree *small)
{
	const struct skbscope_diagnostic *asked;
	bool judged = false;
	uint64_t errors;
	int r = attempt(job, small, false);

	if (r == 0 || !is_refused(job))
		return r;
	errors = errors_hash(job->diagnostics);
	switch (headers_need(job->diagnostics)) {
	case HEADERS_NEED_NOTHING:
		return r;
	case HEADERS_NEED_KERNEL_TYPES:
		/* A misspelt name is not to make every save slower. */
		if (prewarmed_in_vain(job->compiler, errors))
			return r;
		r = attempt_again(job, small, true, &judged);
		break;
	case HEADERS_NEED_KERNEL:
		break;
	}
	if (r == 0 || !is_refused(job))
		return r;
	asked = headers_need_kernel(job->diagnostics);
	if (asked)
		return attempt_kernel(job, asked);
	if (headers_may_help(job->diagnostics))
		r = attempt_kernel(job, NULL);
	if (r < 0 && judged)
		prewarmed_remember_in_vain(job->compiler, errors);
	return r;
}

/* Whoever has the diagnostics has the hint already, at its line. */
static void drop_repeated_hint(struct job *job, const struct skbscope_diagnostics *given)
{
	for (size_t i = 0; i < skbscope_diagnostics_count(given); i++) {
		const struct skbscope_diagnostic *entry = skbscope_diagnostics_get(given, i);

		if (entry->hint && strcmp(entry->hint, job->error.hint) == 0)
			job->error.hint[0] = '\0';
	}
}

static bool find_image(struct job *job)
{
	if (job->options.anew) {
		job->cache.since_ns = clock_file_ns();
		return false;
	}
	cache_open(&job->cache, job->source, &job->options);
	job->times.cached = cache_lookup(&job->cache, &job->image, job->diagnostics, &job->inputs);
	return job->times.cached;
}

static int take_inputs(struct job *job)
{
	if (!job->precompiled.inputs)
		return prewarmed_take_inputs(job->compiler, job->inputs, job->source,
					     job->cache.since_ns);
	return inputs_take(job->inputs, job->source, job->cache.since_ns, job->precompiled.inputs);
}

static int make_image(struct job *job)
{
	AUTO(header_tree_clear) struct header_tree tree = { 0 };
	int r = headers_find(job->options.headers, job->options.headers_directory, &tree,
			     &job->error);

	if (r == 0 && inputs_new(job->source, &job->inputs) < 0)
		r = fail_memory(&job->error, SKBSCOPE_STAGE_COMPILE);
	if (r < 0)
		return r;
	r = job->options.headers == SKBSCOPE_HEADERS_AUTO ? compile_auto(job, &tree)
							  : attempt(job, &tree, false);
	if (take_inputs(job) < 0)
		return fail_memory(&job->error, SKBSCOPE_STAGE_COMPILE);
	if (r == 0)
		cache_prepare(&job->cache, job->image, job->inputs, job->diagnostics, &job->write);
	return r;
}

/* What the image need not wait for. */
static void do_rest(struct job *job)
{
	const char **trouble = &job->cache.trouble, *unwritten;

	if (job->compiler && job->options.rest_later &&
	    prewarmed_leave(job->compiler, &job->write, trouble))
		return;
	unwritten = cache_write(&job->write);
	if (unwritten)
		*trouble = unwritten;
	prewarmed_replace(job->compiler);
}

int compile_one(struct skbscope_compiler *compiler, const struct skbscope_source *source,
		const struct skbscope_compile_options *options, struct skbscope_image **image,
		struct skbscope_compile_times *times, struct skbscope_diagnostics *diagnostics,
		struct skbscope_error *error)
{
	AUTO(job_clear)
	struct job job = { .compiler = compiler,
			   .source = source,
			   .options = *options,
			   .cache = CACHE_INIT,
			   .write = CACHE_WRITE_INIT,
			   .precompiled = PRECOMPILED_INIT };
	uint64_t start_ns = clock_monotonic_ns();
	int r = request_check_defines(&job.options, error);

	if (r < 0)
		return r;
	if (skbscope_diagnostics_new(&job.diagnostics) < 0)
		return fail_memory(error, SKBSCOPE_STAGE_COMPILE);
	r = find_image(&job) ? 0 : make_image(&job);
	do_rest(&job);
	job.times.cache_trouble = job.cache.trouble;
	job.times.total_ns = clock_monotonic_ns() - start_ns;
	*times = job.times;
	if (job.options.inputs)
		*job.options.inputs = TAKE(job.inputs);
	if (add_all(job.diagnostics, diagnostics) < 0)
		return fail_memory(error, SKBSCOPE_STAGE_COMPILE);
	if (r < 0) {
		drop_repeated_hint(&job, diagnostics);
		if (error)
			*error = job.error;
		return r;
	}
	*image = TAKE(job.image);
	return 0;
}
