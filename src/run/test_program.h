/* SPDX-License-Identifier: Apache-2.0 */
/* The programs of a file of tests, each compiled once. */
#ifndef RUN_TEST_PROGRAM_H
#define RUN_TEST_PROGRAM_H

#include "compile/inputs.h"
#include "expect/tests.h"
#include "run/program.h"
#include "run/test_session.h"

struct test_program {
	struct test_program *next;
	char *asked;                    /* its files and definitions, a line each */
	struct input_identity identity; /* of its file, before that was read */
	struct program program;
	struct test_session *sessions; /* in which cases run */
	bool remarked;                 /* what there is to be said of it was */
	int result;                    /* of compiling it; and the error, where that is negative */
	struct skbscope_error error;
};

struct test_programs {
	/* The caller's: what the command line says, which is for all. */
	const struct compile_settings *settings;
	const struct talk_settings *talk;
	const char *directory;              /* of programs; NULL: that of the file of tests */
	struct skbscope_compiler *compiler; /* once a second one had to be compiled */
	bool rests_later;                   /* the caller has the compiler rest */
	int cancel_fd; /* ends a compilation once it is readable; -1: none does */
	struct test_program *list;
};

/* Never NULL but for want of memory. A program that cannot be read or compiled is one, too. */
struct test_program *test_program_get(struct test_programs *programs, const char *file,
				      const struct test_case *test);
bool test_program_has_changed(const struct test_program *program);
/* Those whose files are not what they were when they were compiled are forgotten. Of the others
 * sessions stay. */
void test_programs_forget_changed(struct test_programs *programs);
/* One that is there, by what the case asks for; else NULL. */
struct test_program *test_program_find(const struct test_programs *programs, const char *file,
				       const struct test_case *test);
/* Of one file; the compiler stays. */
void test_programs_clear(struct test_programs *programs);
void test_programs_close(struct test_programs *programs); /* also for AUTO() */

#endif
