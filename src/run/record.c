/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What is expected is what a replay of the recorded packets comes to, and only where that is
 * what the live tables came to as well. Then the file is read and run as any other.
 */
#include "run/record.h"

#include <errno.h>
#include <inttypes.h>
#include <libgen.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/error.h"
#include "base/io.h"
#include "kernel/session.h"
#include "run/attach.h"
#include "run/fill.h"
#include "run/filter.h"
#include "run/test_feed.h"
#include "run/test_run.h"
#include "run/written_file.h"

#define STAGE SKBSCOPE_STAGE_OBSERVE
#define SHOWN 10u /* lines of what two replays differ in */

/* The program as a test has it, and the way its packets go. */
struct replaying {
	const struct record_settings *settings;
	struct program program;
	struct skbscope_filter *filter;
	const char *functions[2]; /* by direction */
};

static void replaying_clear(struct replaying *replaying)
{
	program_clear(&replaying->program);
	skbscope_filter_free(replaying->filter);
}

static void snapshot_freep(struct skbscope_snapshot **snapshot)
{
	skbscope_snapshot_free(*snapshot);
}

static void diagnostics_freep(struct skbscope_diagnostics **diagnostics)
{
	skbscope_diagnostics_free(*diagnostics);
}

static int open_replay(struct replaying *replaying, struct skbscope_session **session,
		       struct skbscope_error *error)
{
	const struct record_settings *settings = replaying->settings;
	struct traffic_settings traffic = *settings->traffic;
	AUTO(filling_freep) struct filling *filling = NULL;
	AUTO(fill_close) struct fill fill = { 0 };
	int r;

	traffic.recording = settings->file; /* packets are not live */
	r = open_session(&traffic, replaying->filter, &replaying->program, false, session, error);
	if (r == 0)
		r = fill_open(&fill, settings->tables, NULL, error);
	if (r == 0)
		r = fill_plan(&fill, replaying->program.image, NULL, &filling, error);
	return r < 0 ? r : fill_write(&fill, filling, *session, NULL, 0, error);
}

/* Which functions there are for which direction is asked of a session that could be fed. */
static int prepare(struct replaying *replaying, struct skbscope_error *error)
{
	const struct record_settings *settings = replaying->settings;
	AUTO(session_closep) struct skbscope_session *session = NULL;
	struct program *program = &replaying->program;
	struct traffic_settings traffic = *settings->traffic;
	struct targets none = { 0 };
	struct hook_program function;
	int r = program_read(settings->compiling, settings->program, program, error);

	if (r == 0)
		r = program_compile(settings->compiling, NULL, program, error);
	traffic.recording = settings->file;
	if (r == 0 && !settings->talk->quiet)
		report_diagnostics(program->diagnostics, settings->talk->verbose);
	if (r == 0)
		r = filter_make(&traffic, settings->compiling, &none, &replaying->filter, error);
	if (r == 0)
		r = open_replay(replaying, &session, error);
	for (unsigned int i = 0; r == 0 && i < 2; i++)
		if (session_entry(session, (enum skbscope_direction)i, &function))
			/* The image's string outlives the session. */
			for (size_t j = 0; j < program->image->program_count; j++)
				if (strcmp(program->image->programs[j].name, function.function) ==
				    0)
					replaying->functions[i] = program->image->programs[j].name;
	return r;
}

/* Feeds what the text says. The outcome is in the arena, but its snapshot. */
static int replay(struct replaying *replaying, const struct buffer *text, struct arena *arena,
		  struct outcome *outcome, struct skbscope_snapshot **snapshot,
		  struct skbscope_error *error)
{
	AUTO(session_closep) struct skbscope_session *session = NULL;
	AUTO(diagnostics_freep) struct skbscope_diagnostics *diagnostics = NULL;
	AUTO(test_file_freep) struct test_file *file = NULL;
	const char *path = replaying->settings->file;
	struct test_feeding feeding = {
		.file = path, .arena = arena, .outcome = outcome, .keeps_all = true
	};
	struct skbscope_read_options options = { .size = sizeof(options) };
	int r = skbscope_diagnostics_new(&diagnostics);

	if (r < 0)
		return fail_memory(error, STAGE);
	r = test_file_parse(path, buffer_text(text), text->length, diagnostics, &file, error);
	if (r < 0) {
		report_diagnostics(diagnostics, true);
		return r;
	}
	r = open_replay(replaying, &session, error);
	feeding.test = &file->cases[0];
	feeding.session = session;
	if (r == 0)
		r = test_feed(&feeding, error);
	if (r < 0)
		return r;
	options.monotonic_ns = options.wall_ns = feeding.last_ns;
	r = skbscope_session_read(session, &options, snapshot, error);
	outcome->snapshot = *snapshot;
	return r;
}

/* --- the file */

static void keep_findings(void *context, const struct test_result *result)
{
	struct buffer *out = context;
	const struct judgement *judgement = result->judgement;

	for (size_t i = 0; i < judgement->count; i++) {
		const struct finding *finding = &judgement->findings[i];

		buffer_printf(out, "line %u: %s\n", finding->line, finding->what);
		for (size_t j = 0; j < finding->count && j < SHOWN; j++)
			if (finding->lines[j].side != FINDING_SAME)
				buffer_printf(out, "  %c %s\n",
					      finding->lines[j].side == FINDING_EXPECTED ? '-'
											 : '+',
					      finding->lines[j].text);
	}
}

static void nothing(void *context, const struct test_file *file)
{
	(void)context;
	(void)file;
}

/* As "skbscope test" will; what it does not pass is not kept. */
static int try_file(const struct record_settings *settings, const char *path,
		    struct skbscope_error *error)
{
	AUTO(buffer_free) struct buffer findings = { 0 };
	const struct test_settings test = {
		.paths = { (const char **)(uintptr_t)&path, 1 },
		.compiling = { .program_paths = settings->compiling->program_paths,
			       .include_directories = settings->compiling->include_directories,
			       .headers = settings->compiling->headers },
		.talk = { .quiet = true }
	};
	const struct test_listener listener = { .ended = keep_findings,
						.file_ended = nothing,
						.context = &findings };

	if (test_run(&test, &listener) == EXIT_FINE)
		return 0;
	report_say("%s", buffer_text(&findings));
	return fail(
		error, EIO, STAGE,
		"the file that was made does not pass, so it was not kept: two replays of these "
		"packets differ");
}

static int keep(const struct record_settings *settings, const struct buffer *text,
		struct skbscope_error *error)
{
	/* In the same directory, as other files are named from there. */
	AUTO(written_file_clear) struct written_file file = WRITTEN_FILE_INIT;
	int r = written_file_open(&file, settings->file, error), written;

	if (r < 0)
		return r;
	written = write_all(file.fd, text->data, text->length);
	if (written < 0)
		return fail_errno(error, written, SKBSCOPE_STAGE_RENDER, "cannot write to '%s'",
				  settings->file);
	r = try_file(settings, file.temporary, error);
	return r < 0 ? r : written_file_finish(&file, error);
}

static int differ(const struct recorded *recorded, const struct buffer *different)
{
	AUTO(buffer_free) struct buffer reasons = { 0 };

	record_reasons(recorded, &reasons);
	report_say("%s\nskbscope: a replay of the %zu packets came to something else than the live "
		   "tables, so there is no test to write; why that may be:\n%s",
		   buffer_text(different), recorded->count, buffer_text(&reasons));
	return EXIT_DIFFERENT;
}

static void conclude(const struct record_settings *settings, const struct recorded *recorded)
{
	if (settings->talk->quiet)
		return;
	if (recorded->ended)
		report_say("%s: %s", settings->program, recorded->ended);
	if (recorded->missed)
		report_say(
			"%s: %" PRIu64
			" packets were too long, or found no room in the buffer (--buffer): they "
			"are not recorded, and the program did not see them",
			settings->program, recorded->missed);
	report_say("%s: %zu packet%s in %s, which passes", settings->program, recorded->count,
		   recorded->count == 1 ? "" : "s", settings->file);
}

static int make_file(struct replaying *replaying, const struct targets *targets,
		     const struct recorded *recorded, int *status, struct skbscope_error *error)
{
	const struct record_settings *settings = replaying->settings;
	AUTO(arena_freep) struct arena *arena = arena_new();
	AUTO(snapshot_freep) struct skbscope_snapshot *snapshot = NULL;
	AUTO(buffer_free) struct buffer text = { 0 }, different = { 0 };
	struct outcome outcome = { 0 };
	size_t packets_end;
	int r;

	if (!arena)
		return fail_memory(error, STAGE);
	if (!recorded->count)
		return hint(
			error,
			fail(error, ENODATA, STAGE, "no packet came, so there is nothing to test"),
			"is there traffic that matches, on this interface and in this direction?");
	record_text_packets(settings, targets, recorded, &text);
	packets_end = text.length;
	/* It has to expect something, and then is to expect what came. */
	buffer_string(&text, "expect packets >= 0\n");
	if (text.failed)
		return fail_memory(error, STAGE);
	r = replay(replaying, &text, arena, &outcome, &snapshot, error);
	if (r == 0)
		r = record_compare(replaying->program.image, recorded->snapshot, snapshot,
				   &different, error);
	if (r < 0)
		return r;
	if (different.length) {
		*status = differ(recorded, &different);
		return 0;
	}
	text.length = packets_end;
	record_text_expected(&outcome, &text);
	if (text.failed)
		return fail_memory(error, STAGE);
	r = keep(settings, &text, error);
	if (r == 0)
		conclude(settings, recorded);
	return r;
}

/* Before anything is attached. */
static int check_file(const struct record_settings *settings, struct skbscope_error *error)
{
	AUTO(buffer_free) struct buffer directory = { 0 };
	struct stat status;

	if (stat(settings->file, &status) == 0)
		return hint(error,
			    fail(error, EEXIST, SKBSCOPE_STAGE_USAGE, "'%s' is there already",
				 settings->file),
			    "remove it, or record into another file");
	buffer_string(&directory, settings->file);
	if (directory.failed)
		return fail_memory(error, STAGE);
	if (access(dirname(directory.data), W_OK) < 0)
		return fail_errno(error, errno, SKBSCOPE_STAGE_RENDER, "cannot write '%s'",
				  settings->file);
	if (strcmp(settings->program, "-") == 0)
		return hint(error,
			    fail(error, EINVAL, SKBSCOPE_STAGE_USAGE,
				 "a test names its program's file, and '-' has none"),
			    "write the program to a file first");
	return 0;
}

int record(const struct record_settings *settings)
{
	AUTO(recorded_clear) struct recorded recorded = { 0 };
	AUTO(replaying_clear) struct replaying replaying = { .settings = settings };
	AUTO(targets_clear) struct targets targets = { 0 };
	struct skbscope_error error = { 0 };
	int status = EXIT_FINE;
	int r = check_file(settings, &error);

	if (r == 0)
		r = targets_choose(settings->traffic, settings->talk->quiet, &targets, &error);
	if (r == 0)
		r = prepare(&replaying, &error);
	if (r < 0)
		return report_error(&error, replaying.program.diagnostics, settings->talk->verbose);
	r = record_live(settings, &targets, replaying.functions, &recorded, &error);
	if (r == 0)
		r = make_file(&replaying, &targets, &recorded, &status, &error);
	return r < 0 ? report_error(&error, NULL, false) : status;
}
