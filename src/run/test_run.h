/* SPDX-License-Identifier: Apache-2.0 */
/* Files of tests, case by case: each as if in a session of its own, of a program that is compiled
 * once. */
#ifndef RUN_TEST_RUN_H
#define RUN_TEST_RUN_H

#include "expect/outcome.h"
#include "run/coverage.h"
#include "run/report.h"
#include "run/settings.h"

struct test_settings {
	struct list paths;
	struct compile_settings compiling;
	struct output_settings output;
	struct talk_settings talk;
	const char *programs_in; /* a directory, in place of that of the file of tests */
	bool coverage;           /* of the programs' lines */
	bool update;             /* the files, by what came */
	bool watch;              /* again on every save */
};

struct test_result {
	const struct test_file *file;
	const struct test_case *test;
	enum exit_status status; /* EXIT_FINE: passed */
	const struct judgement *judgement;
};

/* What is told of how it goes. */
struct test_listener {
	void (*ended)(void *context, const struct test_result *result);
	void (*file_ended)(void *context, const struct test_file *file);
	/* Of each program, at the end, where it was asked for; negative ends that. */
	int (*covered)(void *context, const struct covered *covered);
	void *context;
};

/* Gives an exit status: of what is not fine, the smallest. What cannot be run at all is
 * reported. */
int test_run(const struct test_settings *settings, const struct test_listener *listener);

#endif
