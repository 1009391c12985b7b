/* SPDX-License-Identifier: Apache-2.0 */
/* skbscope_compiler_compile() of one file, whatever its functions are. */
#ifndef COMPILE_COMPILE_ONE_H
#define COMPILE_COMPILE_ONE_H

#include <skbscope/compile.h>

/* options: all of the struct, as options_take() left it. *times and *options->inputs are set
 * in any case. */
int compile_one(struct skbscope_compiler *compiler, const struct skbscope_source *source,
		const struct skbscope_compile_options *options, struct skbscope_image **image,
		struct skbscope_compile_times *times, struct skbscope_diagnostics *diagnostics,
		struct skbscope_error *error);

#endif
