/* SPDX-License-Identifier: Apache-2.0 */
/* One compiler for all programs of a test: after the first it takes half as long. And
 * what came of one program. */
#ifndef TEST_PROGRAM_COMPILER_H
#define TEST_PROGRAM_COMPILER_H

#include <skbscope/compile.h>
#include <stdlib.h>

static inline struct skbscope_compiler *test_compiler(void)
{
	static struct skbscope_compiler *compiler;

	if (!compiler && skbscope_compiler_new(&compiler, NULL) < 0)
		abort();
	return compiler;
}

struct outcome {
	int code;
	struct skbscope_error error;
	struct skbscope_diagnostics *diagnostics;
	struct skbscope_image *image;
};

static inline void outcome_clear(struct outcome *outcome)
{
	skbscope_diagnostics_free(outcome->diagnostics);
	skbscope_image_free(outcome->image);
}

#endif
