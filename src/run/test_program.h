/* SPDX-License-Identifier: Apache-2.0 */
/* The programs of a file of tests, each compiled once. */
#ifndef RUN_TEST_PROGRAM_H
#define RUN_TEST_PROGRAM_H

#include "expect/tests.h"
#include "run/program.h"
#include "run/test_session.h"

struct test_program {
	struct test_program *next;
	char *asked; /* its files and definitions, in a text */
	struct program program;
	struct test_session *sessions; /* in which cases run */
	int result;                    /* of compiling it; and the error, where that is negative */
	struct skbscope_error error;
};

struct test_programs {
	/* The caller's: what the command line says, which is for all. */
	const struct compile_settings *settings;
	const struct talk_settings *talk;
	const char *directory;              /* of programs; NULL: that of the file of tests */
	struct skbscope_compiler *compiler; /* once a second one had to be compiled */
	struct test_program *list;
};

/* Never NULL but for want of memory. A program that cannot be read or compiled is one, too. */
struct test_program *test_program_get(struct test_programs *programs, const char *file,
				      const struct test_case *test);
/* Of one file; the compiler stays. */
void test_programs_clear(struct test_programs *programs);
void test_programs_close(struct test_programs *programs); /* also for AUTO() */

/* A name in a file of tests as it is to be opened. */
struct buffer;
void test_beside(const char *file, const char *name, struct buffer *out);

#endif
