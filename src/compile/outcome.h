/* SPDX-License-Identifier: Apache-2.0 */
/* What a finished worker means: an image, a faulty program, or a broken compiler. */
#ifndef COMPILE_OUTCOME_H
#define COMPILE_OUTCOME_H

#include <skbscope/compile.h>

#include "compile/request_build.h"
#include "compile/worker_client.h"

struct outcome {
	const struct request_build *build;
	const struct worker_result *result;
	uint32_t timeout_ms;
};

/* By a signal that no program that is compiled can be the cause of. */
bool outcome_was_killed(const struct worker_result *result);
/* Unless it broke down over the program: it has judged it, or it was ended. */
bool outcome_is_verdict(const struct worker_result *result);

/* 0 with *image set, or an error of stage COMPILE (the program is at fault) or
 * WORKER (the compiler process is). Adds to times and diagnostics either way. */
int outcome_read(const struct outcome *outcome, const struct skbscope_source *source,
		 struct skbscope_image **image, struct skbscope_compile_times *times,
		 struct skbscope_diagnostics *diagnostics, struct skbscope_error *error);

#endif
