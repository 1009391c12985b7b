/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Loading functions as tc programs. What the kernel gets is the image's
 * instructions, rewritten (image/rewrite.h), with this session's maps; a refusal is
 * asked for a second time with the verifier's log.
 */
#include "kernel/programs.h"

#include <bpf/bpf.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "base/buffer.h"
#include "base/cleanup.h"
#include "base/error.h"
#include "base/io.h"
#include "image/audit.h"
#include "image/replay.h"
#include "image/rewrite.h"
#include "kernel/passive.h"
#include "kernel/permission.h"
#include "kernel/verifier.h"

#define LOG_FIRST_BYTES (1u << 20)
#define LOG_MAX_BYTES (16u << 20)
#define LOG_LEVEL_STEPS 1u   /* every instruction */
#define LOG_LEVEL_SUMMARY 4u /* complaints and statistics alone */

static int make_code(const struct map_set *maps, const struct skbscope_image_program *program,
		     const struct rewrite_request *request, struct rewritten *out,
		     struct skbscope_error *error)
{
	int r = rewrite_program(program, request, out, error);

	for (size_t i = 0; r == 0 && i < out->relocation_count; i++) {
		const struct skbscope_relocation *relocation = &out->relocations[i];

		out->instructions[relocation->instruction].imm =
			relocation->map == REWRITE_MAP_VERDICTS ? maps->verdicts
			: relocation->map == REWRITE_MAP_REPLAY ? maps->replay
			: relocation->map == REWRITE_MAP_POINTS ? maps->points
			: relocation->map == REWRITE_MAP_EVENTS ? maps->events
								: maps->maps[relocation->map];
	}
	return r;
}

struct load {
	const struct skbscope_image *image;
	const struct skbscope_image_program *program;
	const struct rewritten *code;
	int btf; /* -1: without function and line records */
};

static int load(const struct load *load, uint32_t log_level, char *log, uint32_t log_size)
{
	LIBBPF_OPTS(bpf_prog_load_opts, options);
	int fd;

	options.kern_version = load->image->kernel_version;
	if (load->btf >= 0 && load->code->function_count) {
		options.prog_btf_fd = (uint32_t)load->btf;
		options.func_info = load->code->functions;
		options.func_info_cnt = load->code->function_count;
		options.func_info_rec_size = sizeof(*load->code->functions);
		options.line_info = load->code->lines;
		options.line_info_cnt = load->code->line_count;
		options.line_info_rec_size = sizeof(*load->code->lines);
	}
	if (log_level) {
		options.log_level = log_level;
		options.log_buf = log;
		options.log_size = log_size;
	}
	fd = bpf_prog_load(BPF_PROG_TYPE_SCHED_CLS, load->program->name, load->image->license,
			   load->code->instructions, load->code->instruction_count, &options);
	return fd < 0 ? -errno : fd;
}

/* The last words of every log; there, its end is there. */
static bool has_end(const struct buffer *log)
{
	return memmem(log->data, log->length, "\nprocessed ", 11) != NULL;
}

/* The reason is at the end of the log. Of one that is too long newer kernels keep
 * the end; older ones keep the beginning, so these are given more room, and
 * finally asked for less. */
static int load_with_log(const struct load *what, uint32_t level, struct buffer *log)
{
	for (uint32_t size = LOG_FIRST_BYTES;; size *= 4) {
		int r;

		if (size > LOG_MAX_BYTES) {
			level = LOG_LEVEL_SUMMARY;
			size = LOG_FIRST_BYTES;
		}
		buffer_clear(log);
		buffer_reserve(log, size);
		if (log->failed)
			return -ENOMEM;
		log->data[0] = '\0';
		r = load(what, level, log->data, size);
		log->length = strnlen(log->data, size - 1);
		log->data[log->length] = '\0';
		if (r != -ENOSPC || level == LOG_LEVEL_SUMMARY || has_end(log))
			return r;
	}
}

/* In terms of the function as it was compiled. */
static void read_log(const struct load *what, const struct buffer *log,
		     struct verifier_reading *out)
{
	const int32_t front = (int32_t)what->code->front;

	verifier_read(buffer_text(log), what->code->front + what->program->instruction_count,
		      what->program, out);
	out->instruction = out->instruction < front ? -1 : out->instruction - front;
}

static bool mentions_type_information(const char *log)
{
	return strstr(log, "func_info") || strstr(log, "line_info") || strstr(log, "BTF");
}

static int refused_by_kernel(const struct load *what, int code, struct skbscope_error *error)
{
	const char *name = what->program->name;

	if (code == -EPERM || code == -EACCES) {
		code = fail(error, code, SKBSCOPE_STAGE_LOAD,
			    "the kernel does not permit loading '%s'", name);
		return permission_hint(error, code);
	}
	return fail_errno(error, code, SKBSCOPE_STAGE_LOAD, "cannot load '%s' into the kernel",
			  name);
}

/* Checking may refuse several functions; their logs follow one another. */
static void append_log(struct skbscope_diagnostics *diagnostics, const struct buffer *log)
{
	AUTO(buffer_free) struct buffer all = { 0 };

	buffer_string(&all, skbscope_diagnostics_log(diagnostics));
	buffer_append(&all, log->data, log->length);
	if (!all.failed)
		skbscope_diagnostics_set_log(diagnostics, buffer_text(&all), all.length);
}

static int refused_by_verifier(const struct load *what, const struct buffer *log,
			       enum skbscope_severity severity,
			       struct skbscope_diagnostics *diagnostics,
			       struct skbscope_error *error)
{
	struct verifier_reading reading;
	int r;

	read_log(what, log, &reading);
	if (diagnostics) { /* the reason and the hint stand there, at their line */
		verifier_report(what->image, what->program, &reading, severity, diagnostics);
		append_log(diagnostics, log);
		return fail(error, EACCES, SKBSCOPE_STAGE_VERIFY,
			    "the kernel's verifier refuses the function '%s'", what->program->name);
	}
	r = fail(error, EACCES, SKBSCOPE_STAGE_VERIFY,
		 "the kernel's verifier refuses the function '%s'%s%.700s", what->program->name,
		 reading.reason[0] ? ": " : "", reading.reason);
	return reading.hint ? hint(error, r, "%s", reading.hint) : r;
}

static int explain(struct load *what, int code, struct loaded_program *loaded,
		   enum skbscope_severity severity, struct skbscope_diagnostics *diagnostics,
		   struct skbscope_error *error)
{
	AUTO(buffer_free) struct buffer log = { 0 };
	int r;
	/* After a million steps the way there is no news, and printing it takes
	 * longer than walking it. */
	uint32_t level = code == -E2BIG ? LOG_LEVEL_SUMMARY : LOG_LEVEL_STEPS;

	/* The verifier was content: there is no descriptor for what it let pass. */
	if (code == -EMFILE || code == -ENFILE)
		return refused_by_kernel(what, code, error);
	r = load_with_log(what, level, &log);
	if (r < 0 && what->btf >= 0 && mentions_type_information(buffer_text(&log))) {
		what->btf = -1;
		r = load_with_log(what, level, &log);
	}
	if (r >= 0) {
		loaded->fd = r;
		return 0;
	}
	if (!log.length)
		return refused_by_kernel(what, code, error);
	return refused_by_verifier(what, &log, severity, diagnostics, error);
}

int program_info(int fd, struct bpf_prog_info *out)
{
	uint32_t length = sizeof(*out);

	memset(out, 0, sizeof(*out));
	return bpf_obj_get_info_by_fd(fd, out, &length) < 0 ? -errno : 0;
}

static struct rewrite_request plan(const struct load_options *options, bool fed, bool notes_points,
				   const struct loaded_program *loaded)
{
	struct rewrite_request request = {
		.passes = fed                ? REWRITE_REPLAY
			  : options->enforce ? REWRITE_ENFORCED
					     : REWRITE_PASSIVE,
		.enforce = options->enforce,
		.first_slot = loaded->first_slot,
		.first_point = loaded->first_point,
		.notes = fed,
		.filter = options->filter,
		.direction = options->direction,
	};

	if (notes_points)
		request.passes |= REWRITE_POINTS;
	if (options->filter && options->direction != FILTER_NO_ENTRY)
		request.passes |= REWRITE_FILTER;
	return request;
}

/* The passes that go by what the function does. */
static int add_uses(const struct skbscope_image *image, const struct map_set *maps,
		    const struct skbscope_image_program *program, struct audit_finding **uses,
		    struct rewrite_request *request, struct skbscope_error *error)
{
	if (maps->events >= 0)
		request->passes |= REWRITE_EVENTS | REWRITE_INDEXES;
	if (maps->replay >= 0 && replay_knows_length(image))
		request->passes |= REWRITE_LENGTH;
	if (!(request->passes & (REWRITE_EVENTS | REWRITE_LENGTH)))
		return 0;
	if (audit_uses(image, program, uses, &request->use_count) < 0)
		return fail_memory(error, SKBSCOPE_STAGE_LOAD);
	request->uses = *uses;
	request->map_count = (uint32_t)image->map_count;
	request->as_ring = maps->as_ring;
	request->counts = maps->counts;
	return 0;
}

static int load_and_ask(const struct load *what, struct loaded_program *loaded)
{
	char log[32 << 10] = ""; /* since 7.3 a line for each subprogram, too */
	int r = load(what, LOG_LEVEL_SUMMARY, log, sizeof(log));

	if (r >= 0)
		verifier_count(log, &loaded->verified, &loaded->stack);
	return r;
}

int program_load(const struct skbscope_image *image, const struct map_set *maps,
		 const struct load_options *options, struct loaded_program *loaded,
		 struct skbscope_diagnostics *diagnostics, struct skbscope_error *error)
{
	const bool enforce = options->enforce, fed = maps->replay >= 0;
	struct rewrite_request request = plan(options, fed, maps->points >= 0, loaded);
	AUTO(rewritten_clear) struct rewritten code = { 0 };
	AUTO(freep) struct audit_finding *findings = NULL;
	AUTO(freep) struct audit_finding *uses = NULL;
	struct load what = { image, loaded->program, &code, maps->btf };
	struct bpf_prog_info info;
	uint64_t start;
	int r;

	if (!enforce && !fed) {
		r = passive_require(image, loaded->program, &findings, &request.finding_count,
				    diagnostics, error);
		if (r < 0)
			return r;
		request.findings = findings;
	}
	r = add_uses(image, maps, loaded->program, &uses, &request, error);
	if (r == 0)
		r = make_code(maps, loaded->program, &request, &code, error);
	if (r < 0)
		return r;
	start = clock_monotonic_ns();
	r = options->statistics ? load_and_ask(&what, loaded) : load(&what, 0, NULL, 0);
	loaded->load_ns = clock_monotonic_ns() - start;
	if (r < 0)
		r = explain(&what, r, loaded, options->severity, diagnostics, error);
	else
		loaded->fd = r;
	if (r >= 0 && !enforce && !fed)
		r = passive_require_loaded(image, loaded->program, loaded->fd, diagnostics, error);
	/* By its number it is found on a hook again. */
	if (r >= 0) {
		r = program_info(loaded->fd, &info);
		r = r < 0 ? fail_errno(error, r, SKBSCOPE_STAGE_LOAD, "cannot query function '%s'",
				       loaded->program->name)
			  : 0;
	}
	if (r < 0) {
		closep(&loaded->fd);
		return r;
	}
	loaded->id = info.id;
	return 0;
}
