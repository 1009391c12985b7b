/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A compiler handle as compile.c sees it: something that runs a request, by a
 * waiting worker where there is one, and that remembers kernel types.
 */
#ifndef COMPILE_PREWARMED_H
#define COMPILE_PREWARMED_H

#include <skbscope/compile.h>

#include "compile/cache.h"
#include "compile/inputs.h"
#include "compile/request_build.h"
#include "compile/worker_client.h"

/* worker_run() for those who have a compiler; NULL is none. */
int prewarmed_run(struct skbscope_compiler *compiler, const struct worker_request *request,
		  const struct worker_limits *limits, struct worker_result *result,
		  struct skbscope_error *error);
/* Has the request use the precompiled header that this compiler's first worker made while
 * it got warm; false where there is none yet. */
bool prewarmed_add_precompiled(struct skbscope_compiler *compiler, struct request_build *build);
/* inputs_take(), which need not read again what went into that header. */
int prewarmed_take_inputs(struct skbscope_compiler *compiler, struct skbscope_inputs *inputs,
			  const struct skbscope_source *source, uint64_t since_ns);
/* The next worker in the place of one that has served: when nothing is left to compile,
 * since a cold one is done sooner than a new one is warm. */
void prewarmed_replace(struct skbscope_compiler *compiler);
/* Leaves an entry of the cache for skbscope_compiler_rest() to write; what was in the way of
 * the one before is told at once. False: somebody else is at it. */
bool prewarmed_leave(struct skbscope_compiler *compiler, struct cache_write *write,
		     const char **trouble);

/* A memory file of the running kernel's types that nobody can change, in a new
 * descriptor; made once in a compiler's life. */
int prewarmed_kernel_types(struct skbscope_compiler *compiler, struct skbscope_error *error);

/* Errors, as a hash, that kernel types did not help with: the latest are remembered. */
bool prewarmed_in_vain(struct skbscope_compiler *compiler, uint64_t errors);
void prewarmed_remember_in_vain(struct skbscope_compiler *compiler, uint64_t errors);

#endif
