/* SPDX-License-Identifier: Apache-2.0 */
/* One case: what it feeds to its program, and what came of it. */
#include <errno.h>
#include <string.h>

#include <skbscope/session.h>

#include "base/cleanup.h"
#include "base/error.h"
#include "expect/judge.h"
#include "run/exact.h"
#include "run/fill.h"
#include "run/remark.h"
#include "run/test_feed.h"
#include "run/test_paths.h"
#include "run/test_suite.h"

/* One that cannot be run is told like one that is not as expected. */
static void could_not_run(uint32_t line, const struct skbscope_error *error,
			  struct judgement *judgement)
{
	struct judging judging = { .judgement = judgement };
	struct finding *finding = finding_add(&judging, line, "%s", error->message);

	if (finding && error->hint[0])
		finding->hint = arena_string(judgement->arena, error->hint);
}

static void snapshot_freep(struct skbscope_snapshot **snapshot)
{
	skbscope_snapshot_free(*snapshot);
}

struct running {
	const struct compile_settings *compiling;
	const struct program *program;
	const struct test_file *file;
	const struct test_case *test;
	struct judgement *judgement;
	struct skbscope_error *error;
	struct coverage *coverage; /* NULL: not asked for */
	uint32_t line;             /* of what could not be run: the case's, if no other is known */
	bool quiet;
};

static int judge_failed(struct running *running, const struct skbscope_diagnostics *diagnostics)
{
	const struct outcome outcome = { .error = running->error, .diagnostics = diagnostics };

	return judge(running->test, &outcome, running->judgement) < 0
		       ? fail_memory(running->error, SKBSCOPE_STAGE_OBSERVE)
		       : 0;
}

/* What a test may expect: the program is at fault. */
static bool is_of_program(const struct skbscope_error *error)
{
	return error->stage == SKBSCOPE_STAGE_COMPILE || error->stage == SKBSCOPE_STAGE_VERIFY;
}

/* A file of rows is beside the file of tests. */
static const char *set_text(const struct running *running, const char *text)
{
	AUTO(buffer_free) struct buffer beside = { 0 };
	const size_t before = strcspn(text, "[@");

	if (text[before] != '@')
		return text;
	buffer_append(&beside, text, before + 1);
	test_beside(running->file->path, text + before + 1, &beside);
	return arena_string(running->judgement->arena, buffer_text(&beside));
}

/* SESSION: NULL to see alone whether it can be done. */
static int fill_rows(struct running *running, const struct table_settings *settings,
		     struct skbscope_session *session, struct skbscope_error *error)
{
	AUTO(filling_freep) struct filling *filling = NULL;
	AUTO(fill_close) struct fill fill = { 0 };
	int r = fill_open(&fill, settings, NULL, error);

	if (r == 0)
		r = fill_plan(&fill, running->program->image, NULL, &filling, error);
	return r < 0 || !session ? r : fill_write(&fill, filling, session, NULL, 0, error);
}

/* The first that fails by itself too; else it takes several. */
static void find_line(struct running *running, const struct table_settings *settings)
{
	for (size_t i = 0; i < settings->set.count; i++) {
		const struct table_settings one = { { &settings->set.items[i], 1 } };
		struct skbscope_error error = { 0 };

		if (fill_rows(running, &one, NULL, &error) == 0)
			continue;
		running->line = running->test->set_lines[i];
		return;
	}
}

static int fill_tables(struct running *running, struct skbscope_session *session)
{
	const struct test_words *sets = &running->test->sets;
	struct table_settings settings = {
		{ ARENA_ARRAY(running->judgement->arena, const char *, sets->count), sets->count }
	};
	int r;

	for (size_t i = 0; settings.set.items && i < sets->count; i++)
		settings.set.items[i] = set_text(running, sets->items[i]);
	if (arena_failed(running->judgement->arena))
		return fail_memory(running->error, SKBSCOPE_STAGE_USAGE);
	r = fill_rows(running, &settings, session, running->error);
	if (r < 0)
		find_line(running, &settings);
	return r;
}

static int fill_before(void *context, struct skbscope_session *session)
{
	struct running *running = context;

	return running->test->sets.count ? fill_tables(running, session) : 0;
}

static int read_and_judge(struct running *running, struct test_feeding *feeding)
{
	AUTO(snapshot_freep) struct skbscope_snapshot *snapshot = NULL;
	const struct skbscope_read_options options = { .size = sizeof(options),
						       .monotonic_ns = feeding->last_ns,
						       .wall_ns = feeding->last_ns };
	struct outcome_exact exact = { 0 };
	int r = skbscope_session_read(feeding->session, &options, &snapshot, running->error);

	if (r < 0)
		return r;
	feeding->outcome->snapshot = snapshot;
	if (outcome_needs_exact(running->test)) {
		r = exact_look(running->program, running->test, snapshot, fill_before, running,
			       running->judgement->arena, &exact, running->error);
		if (r < 0)
			return r;
		feeding->outcome->exact = &exact;
	}
	return judge(running->test, feeding->outcome, running->judgement) < 0
		       ? fail_memory(running->error, SKBSCOPE_STAGE_OBSERVE)
		       : 0;
}

/* 1: to be run in a session that no case has used. */
static int run_in_session(struct running *running, struct test_program *program, bool anew)
{
	struct outcome outcome = { 0 };
	struct test_feeding feeding = { .file = running->file->path,
					.test = running->test,
					.arena = running->judgement->arena,
					.outcome = &outcome };
	const struct test_session_wanted wanted = { running->compiling, running->test,
						    running->coverage != NULL, anew,
						    &running->line };
	int r = test_session_get(&program->sessions, &program->program, &wanted, running->error);

	if (r < 0)
		return is_of_program(running->error)
			       ? judge_failed(running, program->program.diagnostics)
			       : r;
	if (!program->remarked && !running->quiet)
		remark_foreign(program->sessions->session, program->program.image);
	program->remarked = true;
	running->program = &program->program;
	feeding.session = program->sessions->session;
	r = fill_before(running, feeding.session);
	if (r == 0)
		r = test_feed(&feeding, running->error);
	if (r < 0 && feeding.line)
		running->line = feeding.line;
	if (r == 0 && running->coverage)
		r = coverage_add(running->coverage, program->program.image, feeding.session,
				 running->error);
	if (r == 0)
		r = read_and_judge(running, &feeding);
	if (r == 0)
		return test_session_ended(&program->sessions, running->error);
	test_session_drop(&program->sessions);
	return r;
}

static int run_program(struct running *running, struct test_program *program)
{
	int r = run_in_session(running, program, false);

	if (r <= 0)
		return r;
	*running->judgement = (struct judgement){ .arena = running->judgement->arena };
	return run_in_session(running, program, true);
}

static enum exit_status status_of(const struct running *running, int r,
				  const struct test_program *program)
{
	const struct judgement *judgement = running->judgement;

	if (r < 0)
		return (enum exit_status)report_exit_status(running->error);
	if (!judgement->count)
		return EXIT_FINE;
	if (judgement->mistaken)
		return EXIT_MISUSE;
	for (size_t i = 0; i < running->test->expectation_count; i++)
		if (expectation_is_error(&running->test->expectations[i]))
			return EXIT_DIFFERENT;
	if (program->result < 0)
		return (enum exit_status)report_exit_status(&program->error);
	return running->error->code && is_of_program(running->error)
		       ? (enum exit_status)report_exit_status(running->error)
		       : EXIT_DIFFERENT;
}

/* Nobody's test is at fault, and the next one would fare no better. */
static bool is_hopeless(int r, const struct skbscope_error *error)
{
	return r == -ENOMEM ||
	       (error->stage != SKBSCOPE_STAGE_READ && error->stage != SKBSCOPE_STAGE_USAGE &&
		(r == -EPERM || r == -EACCES));
}

int test_case_run(struct suite *suite, const struct test_file *file, const struct test_case *test,
		  struct skbscope_error *error)
{
	AUTO(arena_freep) struct arena *arena = arena_new();
	struct judgement judgement = { .arena = arena };
	struct running running = { .compiling = &suite->settings->compiling,
				   .file = file,
				   .test = test,
				   .line = test->line,
				   .judgement = &judgement,
				   .error = error,
				   .quiet = suite->settings->talk.quiet,
				   .coverage =
					   suite->settings->coverage ? &suite->coverage : NULL };
	struct test_result result = { file, test, EXIT_FINE, &judgement };
	struct test_program *program =
		arena ? test_program_get(&suite->programs, file->path, test) : NULL;
	int r;

	if (!program)
		return fail_memory(error, SKBSCOPE_STAGE_READ);
	*error = program->error;
	if (program->result == 0)
		r = run_program(&running, program);
	else if (is_of_program(error))
		r = judge_failed(&running, program->program.diagnostics);
	else {
		r = program->result;
		running.line = test->program_line;
	}
	if (r < 0 && is_hopeless(r, error))
		return r;
	if (r < 0)
		could_not_run(running.line, error, &judgement);
	result.status = status_of(&running, r, program);
	suite_note(suite, result.status);
	suite->listener->ended(suite->listener->context, &result);
	return 0;
}
