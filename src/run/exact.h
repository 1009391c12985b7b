/* SPDX-License-Identifier: Apache-2.0 */
/* Whether a program's counts are right when several CPUs count at once: by its instructions,
 * and by letting two of them do it. */
#ifndef RUN_EXACT_H
#define RUN_EXACT_H

#include <skbscope/session.h>

#include "expect/outcome.h"
#include "run/program.h"

/* Puts into tables what the case has in them beforehand. */
typedef int exact_fill(void *context, struct skbscope_session *session);

/* once: the tables after the case's packets. What is found is in *out, and in the arena. */
int exact_look(const struct program *program, const struct test_case *test,
	       const struct skbscope_snapshot *once, exact_fill *fill, void *context,
	       struct arena *arena, struct outcome_exact *out, struct skbscope_error *error);

#endif
