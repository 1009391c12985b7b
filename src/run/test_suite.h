/* SPDX-License-Identifier: Apache-2.0 */
/* Between the files that run tests: all that were named, and the programs they ask for. */
#ifndef RUN_TEST_SUITE_H
#define RUN_TEST_SUITE_H

#include "base/arena.h"
#include "base/buffer.h"
#include "run/test_program.h"
#include "run/test_run.h"

struct suite_file {
	const char *path;
	struct test_file *file; /* NULL: it could not be read, or has mistakes */
	struct buffer text;     /* as it was read */
	bool wanted;            /* is to run */
};

struct suite {
	const struct test_settings *settings;
	const struct test_listener *listener;
	struct arena *arena; /* for paths */
	struct suite_file *files;
	size_t file_count;
	struct test_programs programs;
	struct coverage coverage;
	/* For --watch: programs stay from one run to the next, and whether to go on is asked
	 * between cases. */
	bool keeps;
	bool (*go_on)(void *context); /* NULL: always */
	void *context;
	int status;
};

void suite_open(struct suite *suite, const struct test_settings *settings,
		const struct test_listener *listener);
void suite_close(struct suite *suite); /* also for AUTO() */
void suite_note(struct suite *suite, enum exit_status status);

/* The files that the settings name; and reading them all before the first test, as who has
 * written one wrong wants to hear of it first. Mistakes are reported, and noted. */
int suite_find(struct suite *suite);
int suite_read(struct suite *suite);
int suite_read_file(struct suite *suite, struct suite_file *file);

/* Those files that are wanted and could be read, to the end. Negative: no test is at fault, and
 * the next one would fare no better; -ECANCELED: nobody wants the rest. */
int suite_run(struct suite *suite, struct skbscope_error *error);
int suite_run_file(struct suite *suite, const struct test_file *file, struct skbscope_error *error);

int test_case_run(struct suite *suite, const struct test_file *file, const struct test_case *test,
		  struct skbscope_error *error);

#endif
