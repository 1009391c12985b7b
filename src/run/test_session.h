/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The sessions of a program that cases run in, one after the other: loading takes long, and
 * emptying tables does not. A case meets one that is as new, or one that is.
 */
#ifndef RUN_TEST_SESSION_H
#define RUN_TEST_SESSION_H

#include <skbscope/filter.h>
#include <skbscope/session.h>

#include "expect/tests.h"
#include "run/program.h"

struct test_session {
	struct test_session *next;
	struct skbscope_session *session;
	struct skbscope_filter *filter;
	char *how;     /* functions, direction and filter, in a text */
	bool was_used; /* by a case before */
};

struct test_session_wanted {
	const struct compile_settings *compiling; /* for filters */
	const struct test_case *test;
	bool points;  /* note which lines run */
	bool anew;    /* one that no case has used */
	uint32_t *at; /* gets the line of the case that is wrong, where it is one */
};

/* One that is loaded as the case says it, at the head of the list, which it was in or is new in.
 * The diagnostics of the program get what the verifier says. */
int test_session_get(struct test_session **list, struct program *program,
		     const struct test_session_wanted *wanted, struct skbscope_error *error);
/* The first of the list has run a case. 1: what it came to depends on the cases before, so it is
 * to be run anew. The session is of use for others, or is gone. */
int test_session_ended(struct test_session **list, struct skbscope_error *error);
/* The first of the list, after a failure. */
void test_session_drop(struct test_session **list);
void test_sessions_close(struct test_session **list);

#endif
