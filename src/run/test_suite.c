/* SPDX-License-Identifier: Apache-2.0 */
#include "run/test_suite.h"

#include <errno.h>
#include <stdlib.h>

#include "base/cleanup.h"
#include "base/error.h"
#include "base/io.h"
#include "run/test_paths.h"

void suite_open(struct suite *suite, const struct test_settings *settings,
		const struct test_listener *listener)
{
	*suite = (struct suite){ .settings = settings,
				 .listener = listener,
				 .programs = { .settings = &settings->compiling,
					       .talk = &settings->talk,
					       .directory = settings->programs_in,
					       .cancel_fd = -1 } };
}

void suite_close(struct suite *suite)
{
	for (size_t i = 0; i < suite->file_count; i++) {
		test_file_free(suite->files[i].file);
		buffer_free(&suite->files[i].text);
	}
	free(suite->files);
	test_programs_close(&suite->programs);
	coverage_clear(&suite->coverage);
	arena_free(suite->arena);
}

void suite_note(struct suite *suite, enum exit_status status)
{
	if (status != EXIT_FINE && (suite->status == EXIT_FINE || (int)status < suite->status))
		suite->status = (int)status;
}

static void diagnostics_freep(struct skbscope_diagnostics **diagnostics)
{
	skbscope_diagnostics_free(*diagnostics);
}

/* A pipe would let one wait without a word, and tests are read again. */
static int read_regular(const char *path, struct buffer *out)
{
	AUTO(closep) int fd = open_regular(path, false);

	return fd < 0 ? fd : read_descriptor(fd, TEST_FILE_MAX, out);
}

int suite_read_file(struct suite *suite, struct suite_file *file)
{
	AUTO(diagnostics_freep) struct skbscope_diagnostics *diagnostics = NULL;
	struct skbscope_error error = { 0 };
	int r = skbscope_diagnostics_new(&diagnostics);

	test_file_free(TAKE(file->file));
	buffer_clear(&file->text);
	if (r == 0)
		r = read_regular(file->path, &file->text);
	if (r == -EINVAL)
		fail(&error, EINVAL, SKBSCOPE_STAGE_READ, "'%s' is no regular file", file->path);
	else if (r == -EFBIG)
		fail(&error, EFBIG, SKBSCOPE_STAGE_READ,
		     "'%s' is larger than %u MiB, the most a file of tests may be", file->path,
		     TEST_FILE_MAX >> 20);
	else if (r < 0)
		fail_errno(&error, r, SKBSCOPE_STAGE_READ, "cannot read '%s'", file->path);
	else
		r = test_file_parse(file->path, buffer_text(&file->text), file->text.length,
				    diagnostics, &file->file, &error);
	if (r < 0)
		suite_note(suite, (enum exit_status)report_error(&error, diagnostics, false));
	return r;
}

static int find_paths(struct suite *suite, struct list *paths, struct skbscope_error *error)
{
	int r;

	suite->arena = arena_new();
	if (!suite->arena)
		return fail_memory(error, SKBSCOPE_STAGE_READ);
	if (!suite->settings->paths.count)
		return hint(error,
			    fail(error, EINVAL, SKBSCOPE_STAGE_USAGE, "missing argument PATH"),
			    "name a file of tests, or a directory that has some");
	r = test_paths_find(&suite->settings->paths, suite->arena, paths, error);
	if (r == 0 && !(suite->files = calloc(paths->count + 1, sizeof(*suite->files))))
		r = fail_memory(error, SKBSCOPE_STAGE_READ);
	return r;
}

int suite_find(struct suite *suite)
{
	AUTO(freep) const char **items = NULL;
	struct list paths = { 0 };
	struct skbscope_error error = { 0 };
	int r = find_paths(suite, &paths, &error);

	items = paths.items;
	if (r < 0) {
		suite_note(suite, (enum exit_status)report_error(&error, NULL, false));
		return r;
	}
	for (size_t i = 0; i < paths.count; i++)
		suite->files[suite->file_count++] =
			(struct suite_file){ .path = paths.items[i], .wanted = true };
	return 0;
}

int suite_read(struct suite *suite)
{
	int r = suite_find(suite);

	if (r < 0)
		return r;
	for (size_t i = 0; i < suite->file_count; i++)
		if (suite_read_file(suite, &suite->files[i]) < 0)
			r = -EINVAL;
	return r;
}

int suite_run_file(struct suite *suite, const struct test_file *file, struct skbscope_error *error)
{
	int r = 0;

	for (size_t i = 0; i < file->case_count && r == 0; i++) {
		*error = (struct skbscope_error){ 0 };
		r = suite->go_on && !suite->go_on(suite->context)
			    ? -ECANCELED
			    : test_case_run(suite, file, &file->cases[i], error);
	}
	if (!suite->keeps)
		test_programs_clear(&suite->programs);
	if (r == 0)
		suite->listener->file_ended(suite->listener->context, file);
	return r;
}

int suite_run(struct suite *suite, struct skbscope_error *error)
{
	int r = 0;

	for (size_t i = 0; i < suite->file_count && r == 0; i++)
		if (suite->files[i].wanted && suite->files[i].file)
			r = suite_run_file(suite, suite->files[i].file, error);
	return r;
}
