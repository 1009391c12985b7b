/* SPDX-License-Identifier: Apache-2.0 */
/* Tests again on every save: of a file of tests, of a program, or of what they read. */
#ifndef RUN_TEST_WATCH_H
#define RUN_TEST_WATCH_H

#include "run/test_run.h"

/* What is told of a round: it begins with the file that was saved (NULL: it is the first), and
 * has ended. */
struct test_rounds {
	void (*begin)(void *context, const char *saved);
	void (*end)(void *context);
	void *context;
};

/* Until it is told to end by a signal. Programs and their sessions stay as long as they are what
 * they were. Gives an exit status: that of the last round. */
int test_watch(const struct test_settings *settings, const struct test_listener *listener,
	       const struct test_rounds *rounds);

#endif
