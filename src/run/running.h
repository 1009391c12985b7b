/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Whether what was compiled is what runs: a file was touched, or got other permissions.
 * What the compiler saw is known by its inputs; where it is not, by what came of it.
 */
#ifndef RUN_RUNNING_H
#define RUN_RUNNING_H

#include "compile/cache.h"
#include "compile/inputs.h"
#include "run/program.h"

struct running {
	uint8_t digest[CACHE_HASH_BYTES]; /* inputs_digest() of the running version */
	bool is_known;                    /* ... is what the compiler saw */
};

/* latest: the inputs of the compilation before, as they were then. */
void running_set(struct running *running, const struct skbscope_inputs *inputs,
		 const struct skbscope_inputs *latest);
bool running_is(const struct running *running, const struct program *program,
		const struct program *built, const struct skbscope_inputs *latest);

/* A file was not, or not wholly, what is there now. program: the one that runs. */
bool running_was_misread(const struct program *program, const struct program *read);

#endif
