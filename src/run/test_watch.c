/* SPDX-License-Identifier: Apache-2.0 */
#include "run/test_watch.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/error.h"
#include "base/io.h"
#include "run/file_watch.h"
#include "run/signals.h"
#include "run/test_paths.h"
#include "run/test_suite.h"
#include "source/source.h"

#define STAGE SKBSCOPE_STAGE_OBSERVE
#define LOOK_AGAIN_NS UINT64_C(10000000)
#define SETTLE_NS UINT64_C(300000000) /* gone, empty or open for longer: it is meant */

/* A file that tests read: itself, or a capture, or rows. What is in programs their inputs know. */
struct followed {
	const char *path;
	size_t user; /* of the suite's files */
	struct input_identity identity;
};

struct watching {
	struct suite suite;
	const struct test_rounds *rounds;
	struct loop *loop;
	struct signals signals;
	struct files *files;
	struct skbscope_inputs *inputs; /* all paths, to be heard of */
	struct followed *followed;
	size_t count;
	bool no_memory;
	struct loop_source heard;
	struct loop_timer later;
	uint64_t unsettled_ns; /* since when; 0: it is settled */
};

static const char *absolute(struct arena *arena, const char *path)
{
	AUTO(freep) char *here = path[0] == '/' ? NULL : getcwd(NULL, 0);

	return here ? arena_printf(arena, "%s/%s", here, path) : arena_string(arena, path);
}

static void follow(struct watching *watching, const char *path, size_t user)
{
	struct arena *arena = arena_of(watching->inputs);
	const char *whole = absolute(arena, path);
	struct followed *followed =
		whole ? reallocarray(watching->followed, watching->count + 1, sizeof(*followed))
		      : NULL;

	if (!followed) {
		watching->no_memory = true;
		return;
	}
	watching->followed = followed;
	followed[watching->count++] = (struct followed){ whole, user, input_identify(whole) };
	inputs_add(watching->inputs, INPUT_READ, true, whole);
}

static void follow_beside(struct watching *watching, const char *name, size_t user)
{
	AUTO(buffer_free) struct buffer path = { 0 };

	test_beside(watching->suite.files[user].path, name, &path);
	follow(watching, buffer_text(&path), user);
}

static void follow_case(struct watching *watching, const struct test_case *test, size_t user)
{
	for (size_t i = 0; i < test->feed_count; i++)
		if (test->feeds[i].capture)
			follow_beside(watching, test->feeds[i].capture, user);
	for (size_t i = 0; i < test->sets.count; i++) {
		const char *text = test->sets.items[i];
		const size_t before = strcspn(text, "[@");

		if (text[before] == '@')
			follow_beside(watching, text + before + 1, user);
	}
}

/* Each is followed before it is read, so that no save is missed. */
static int read_all(struct watching *watching)
{
	struct suite *suite = &watching->suite;

	inputs_freep(&watching->inputs);
	watching->count = 0;
	if (inputs_new(NULL, &watching->inputs) < 0)
		return -ENOMEM;
	for (size_t i = 0; i < suite->file_count; i++) {
		struct suite_file *file = &suite->files[i];

		follow(watching, file->path, i);
		if (file->wanted)
			suite_read_file(suite, file);
		for (size_t j = 0; file->file && j < file->file->case_count; j++)
			follow_case(watching, &file->file->cases[j], i);
	}
	return watching->no_memory ? -ENOMEM : 0;
}

/* The programs', which are known once they were compiled. */
static int hear_of_programs(struct watching *watching)
{
	const struct test_program *program = watching->suite.programs.list;
	struct arena *arena = arena_of(watching->inputs);

	for (; program; program = program->next) {
		const struct skbscope_inputs *inputs = program->program.inputs;
		const char *path =
			arena_string_n(arena, program->asked, strcspn(program->asked, "\n"));

		for (size_t i = 0; inputs && i < inputs->count; i++)
			if (inputs->items[i].users)
				inputs_add(watching->inputs, inputs->items[i].role, true,
					   inputs->items[i].path);
		if (!inputs && path && source_is_path(path))
			inputs_add(watching->inputs, INPUT_MISSED, true, absolute(arena, path));
	}
	return arena_failed(arena) ? -ENOMEM : files_watch(watching->files, watching->inputs);
}

/* --- what has changed */

/* An editor may have a file away, empty or open for a moment. */
static bool is_settled(const char *path)
{
	AUTO(closep) int fd = open_regular(path, false);
	const struct input_identity now = input_identify(path);

	return fd >= 0 && now.size && file_is_whole(fd);
}

static bool is_followed_changed(const struct followed *followed)
{
	const struct input_identity now = input_identify(followed->path);

	return memcmp(&now, &followed->identity, sizeof(now)) != 0;
}

/* NULL: it is not known which one. */
static const char *changed_input(const struct skbscope_inputs *inputs)
{
	for (size_t i = 0; inputs && i < inputs->count; i++) {
		const struct input *input = &inputs->items[i];
		const struct input_identity now = input_identify(input->path);

		if (input->users && memcmp(&now, &input->identity, sizeof(now)) != 0)
			return input->path;
	}
	return NULL;
}

/* The first file that has changed, NULL: none; and whether all such are as they will stay. */
static const char *find_changed(struct watching *watching, bool *settled)
{
	const char *first = NULL;

	*settled = true;
	for (size_t i = 0; i < watching->count; i++) {
		const struct followed *followed = &watching->followed[i];

		if (!is_followed_changed(followed))
			continue;
		watching->suite.files[followed->user].wanted = true;
		*settled &= is_settled(followed->path);
		first = first ? first : followed->path;
	}
	for (struct test_program *program = watching->suite.programs.list; program;
	     program = program->next) {
		const char *path;

		if (!test_program_has_changed(program))
			continue;
		path = changed_input(program->program.inputs);
		*settled &= !path || is_settled(path);
		first = first ? first : path ? path : "the program";
	}
	return first;
}

/* Files with a case whose program is not there, or is not what it was. */
static void want_users_of_changed(struct suite *suite)
{
	test_programs_forget_changed(&suite->programs);
	for (size_t i = 0; i < suite->file_count; i++) {
		const struct test_file *file = suite->files[i].file;

		for (size_t j = 0; file && j < file->case_count; j++)
			suite->files[i].wanted |=
				!test_program_find(&suite->programs, file->path, &file->cases[j]);
	}
}

/* --- a round */

static void run_round(struct watching *watching, const char *saved)
{
	struct suite *suite = &watching->suite;
	struct skbscope_error error = { 0 };
	int r;

	suite->status = EXIT_FINE;
	watching->rounds->begin(watching->rounds->context, saved);
	r = read_all(watching);
	if (r == 0)
		r = suite_run(suite, &error);
	if (r < 0 && r != -ECANCELED && error.code)
		suite_note(suite, (enum exit_status)report_error(&error, NULL,
								 suite->settings->talk.verbose));
	for (size_t i = 0; i < suite->file_count; i++)
		suite->files[i].wanted = false;
	watching->rounds->end(watching->rounds->context);
	/* The next version need not wait for LLVM. */
	if (!suite->programs.compiler)
		skbscope_compiler_new(&suite->programs.compiler, NULL);
	if (suite->programs.compiler)
		skbscope_compiler_rest(suite->programs.compiler);
	if (!watching->inputs || hear_of_programs(watching) < 0)
		loop_quit(watching->loop, EXIT_FAILED);
	/* What was saved before it was watched is not heard of. */
	loop_arm(watching->loop, &watching->later, clock_monotonic_ns());
}

static void look(void *context, uint64_t now_ns)
{
	struct watching *watching = context;
	AUTO(freep) char *saved = NULL;
	const char *changed;
	bool settled;

	if (!watching->inputs) { /* it is the first */
		run_round(watching, NULL);
		return;
	}
	changed = find_changed(watching, &settled);
	if (!changed) {
		watching->unsettled_ns = 0;
		return;
	}
	if (!settled && !watching->unsettled_ns)
		watching->unsettled_ns = now_ns;
	if (!settled && now_ns < watching->unsettled_ns + SETTLE_NS) {
		loop_arm(watching->loop, &watching->later, now_ns + LOOK_AGAIN_NS);
		return;
	}
	watching->unsettled_ns = 0;
	saved = strdup(changed); /* what it is in ends with the programs */
	want_users_of_changed(&watching->suite);
	run_round(watching, saved ? saved : "");
}

static void heard_of_files(void *context, uint32_t events, uint64_t now_ns)
{
	struct watching *watching = context;

	(void)events;
	if (files_heard(watching->files))
		look(watching, now_ns);
}

static void heard_signal(void *context, enum heard heard)
{
	struct watching *watching = context;

	if (heard == HEARD_END)
		loop_quit(watching->loop, watching->suite.status);
}

static bool go_on(void *context)
{
	struct watching *watching = context;

	return signals_go_on(&watching->signals);
}

static void watching_close(struct watching *watching)
{
	loop_disarm(&watching->later);
	loop_remove(&watching->heard);
	signals_close(&watching->signals);
	suite_close(&watching->suite);
	files_free(watching->files);
	free(watching->followed);
	inputs_freep(&watching->inputs);
	loop_freep(&watching->loop);
}

static int watching_open(struct watching *watching, struct skbscope_error *error)
{
	int r = loop_new(&watching->loop);

	if (r == 0)
		r = files_new(&watching->files);
	if (r < 0)
		return fail_errno(error, r, STAGE, "cannot wait for files to change");
	watching->signals = (struct signals){ .loop = watching->loop,
					      .heard = heard_signal,
					      .context = watching };
	watching->later = (struct loop_timer){ .due = look, .context = watching };
	watching->heard = (struct loop_source){ .fd = files_fd(watching->files),
						.events = EPOLLIN,
						.priority = LOOP_REST,
						.ready = heard_of_files,
						.context = watching };
	r = signals_open(&watching->signals, error);
	if (r == 0 && loop_add(watching->loop, &watching->heard) < 0)
		r = fail_memory(error, STAGE);
	watching->suite.programs.cancel_fd = loop_signal_fd(watching->loop);
	return r;
}

int test_watch(const struct test_settings *settings, const struct test_listener *listener,
	       const struct test_rounds *rounds)
{
	AUTO(watching_close) struct watching watching = { .rounds = rounds };
	struct suite *suite = &watching.suite;
	struct skbscope_error error = { 0 };
	int status;

	suite_open(suite, settings, listener);
	suite->keeps = true;
	suite->go_on = go_on;
	suite->context = &watching;
	if (watching_open(&watching, &error) < 0)
		return report_error(&error, NULL, false);
	if (suite_find(suite) < 0)
		return suite->status;
	suite->programs.rests_later = true;
	loop_arm(watching.loop, &watching.later, clock_monotonic_ns());
	status = loop_run(watching.loop);
	return status < 0 ? EXIT_FAILED : status;
}
