/* SPDX-License-Identifier: Apache-2.0 */
/* Tests once, and then files of tests that expect what came. */
#ifndef RUN_TEST_UPDATE_H
#define RUN_TEST_UPDATE_H

#include "run/test_run.h"

/* What is told of a file: of a case that it is written so (why is NULL), or why not. */
struct test_updates {
	void (*told)(void *context, const struct test_file *file, const struct test_case *test,
		     const char *why);
	void *context;
};

/* A file is written as a whole, with all that it has besides, once its tests have passed as they
 * are to stand there. What cannot be written stays as it is. Gives an exit status: of what does
 * not pass after that, the smallest. */
int test_update(const struct test_settings *settings, const struct test_listener *listener,
		const struct test_updates *updates);

#endif
