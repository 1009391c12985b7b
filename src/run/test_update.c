/* SPDX-License-Identifier: Apache-2.0 */
#include "run/test_update.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/error.h"
#include "base/io.h"
#include "expect/update.h"
#include "run/test_suite.h"

#define STAGE SKBSCOPE_STAGE_RENDER

struct updating {
	struct suite suite;
	const struct test_listener *listener;
	const struct test_updates *updates;
	/* Of the file at hand: */
	struct edits edits;
	bool *changed;           /* a flag a case */
	enum exit_status status; /* of those that do not pass and are not changed */
	bool tries;              /* what would be written is run */
	bool passes;             /* ... and passes */
};

static void note(enum exit_status *status, enum exit_status other)
{
	if (other != EXIT_FINE && (*status == EXIT_FINE || other < *status))
		*status = other;
}

static void plan(struct updating *updating, const struct test_result *result)
{
	const char *why;

	if (update_case(result->judgement, &updating->edits, &why)) {
		updating->changed[result->test - result->file->cases] = true;
		return;
	}
	note(&updating->status, result->status);
	updating->updates->told(updating->updates->context, result->file, result->test, why);
}

static void ended(void *context, const struct test_result *result)
{
	struct updating *updating = context;

	if (updating->tries) {
		if (updating->changed[result->test - result->file->cases])
			updating->passes &= result->status == EXIT_FINE;
		return;
	}
	updating->listener->ended(updating->listener->context, result);
	if (result->status != EXIT_FINE)
		plan(updating, result);
}

static void file_ended(void *context, const struct test_file *file)
{
	struct updating *updating = context;

	if (!updating->tries)
		updating->listener->file_ended(updating->listener->context, file);
}

static void diagnostics_freep(struct skbscope_diagnostics **diagnostics)
{
	skbscope_diagnostics_free(*diagnostics);
}

/* Whether the text is a file of the same cases, and those that were changed pass. */
static bool holds(struct updating *updating, const struct suite_file *file,
		  const struct buffer *text)
{
	AUTO(diagnostics_freep) struct skbscope_diagnostics *diagnostics = NULL;
	AUTO(test_file_freep) struct test_file *parsed = NULL;
	struct skbscope_error error;
	int r = skbscope_diagnostics_new(&diagnostics);

	if (r == 0)
		r = test_file_parse(file->path, buffer_text(text), text->length, diagnostics,
				    &parsed, &error);
	if (r < 0 || !parsed || parsed->case_count != file->file->case_count)
		return false;
	updating->tries = updating->passes = true;
	r = suite_run_file(&updating->suite, parsed, &error);
	updating->tries = false;
	return r == 0 && updating->passes;
}

/* As it was read, it is there still: else somebody has saved it since. */
static bool is_unchanged(const struct suite_file *file)
{
	AUTO(buffer_free) struct buffer now = { 0 };

	return read_file(file->path, TEST_FILE_MAX, &now) == 0 && now.length == file->text.length &&
	       memcmp(buffer_text(&now), buffer_text(&file->text), now.length) == 0;
}

static int fill(int fd, const struct stat *like, const struct buffer *text)
{
	if (fchown(fd, like->st_uid, like->st_gid) < 0 || fchmod(fd, like->st_mode & 07777) < 0)
		return -errno;
	return write_all(fd, buffer_text(text), text->length);
}

/* By a name of its own beside it, and that file's then: whoever reads meets one or the other. */
static int write_file(const char *path, const struct buffer *text, struct skbscope_error *error)
{
	AUTO(freep) char *real = realpath(path, NULL);
	AUTO(buffer_free) struct buffer temporary = { 0 };
	AUTO(closep) int fd = -1;
	struct stat like = { 0 };
	int r = real && stat(real, &like) == 0 ? 0 : -errno;

	buffer_printf(&temporary, "%s.XXXXXX", real ? real : path);
	if (temporary.failed)
		return fail_memory(error, STAGE);
	if (r == 0 && (fd = mkostemp(temporary.data, O_CLOEXEC)) < 0)
		r = -errno;
	if (r == 0)
		r = fill(fd, &like, text);
	if (r == 0 && rename(buffer_text(&temporary), real) < 0)
		r = -errno;
	if (r < 0 && fd >= 0)
		unlink(buffer_text(&temporary));
	return r < 0 ? fail_errno(error, r, STAGE, "cannot write '%s'", path) : 0;
}

static void tell_changed(struct updating *updating, const struct test_file *file, const char *why)
{
	for (size_t i = 0; i < file->case_count; i++)
		if (updating->changed[i])
			updating->updates->told(updating->updates->context, file, &file->cases[i],
						why);
}

static int finish_file(struct updating *updating, const struct suite_file *file,
		       struct skbscope_error *error)
{
	AUTO(buffer_free) struct buffer text = { 0 };
	const char *why = NULL;
	int r;

	if (!updating->edits.count)
		return 0;
	r = edits_apply(&updating->edits, (struct span){ file->text.data, file->text.length },
			&text);
	if (r == -ENOMEM)
		return fail_memory(error, STAGE);
	if (r < 0 || !holds(updating, file, &text))
		why = "written so, it would not pass";
	else if (!is_unchanged(file))
		why = "the file was saved meanwhile";
	else if ((r = write_file(file->path, &text, error)) < 0)
		return r;
	if (why)
		note(&updating->status, EXIT_DIFFERENT);
	tell_changed(updating, file->file, why);
	return 0;
}

static int update_file(struct updating *updating, const struct suite_file *file,
		       struct skbscope_error *error)
{
	AUTO(arena_freep) struct arena *arena = arena_new();
	AUTO(freep) bool *changed = calloc(file->file->case_count + 1, sizeof(*changed));
	int r;

	if (!arena || !changed)
		return fail_memory(error, STAGE);
	updating->edits = (struct edits){ .arena = arena };
	updating->changed = changed;
	r = suite_run_file(&updating->suite, file->file, error);
	if (r == 0)
		r = finish_file(updating, file, error);
	test_programs_clear(&updating->suite.programs);
	return r;
}

static void updating_close(struct updating *updating)
{
	suite_close(&updating->suite);
}

int test_update(const struct test_settings *settings, const struct test_listener *listener,
		const struct test_updates *updates)
{
	AUTO(updating_close)
	struct updating updating = { .listener = listener, .updates = updates };
	const struct test_listener ours = { ended, file_ended, NULL, &updating };
	struct suite *suite = &updating.suite;
	struct skbscope_error error = { 0 };

	suite_open(suite, settings, &ours);
	suite->keeps = true; /* what is tried runs in the same sessions */
	if (suite_read(suite) < 0)
		return suite->status;
	for (size_t i = 0; i < suite->file_count; i++)
		if (update_file(&updating, &suite->files[i], &error) < 0)
			return report_error(&error, NULL, settings->talk.verbose);
	return (int)updating.status;
}
