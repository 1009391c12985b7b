/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The header that the next programs are compiled with, made while this one already runs
 * and nobody waits: once, until the compiler or its headers change.
 */
#ifndef RUN_PRECOMPILE_H
#define RUN_PRECOMPILE_H

#include "base/loop.h"
#include "compile/precompiled.h"
#include "compile/worker_client.h"

struct precompile {
	struct worker worker;
	struct precompiled made;
	struct buffer directory; /* of the cache */
	struct loop_source answer;
};
#define PRECOMPILE_INIT                                                                            \
	{                                                                                          \
		.worker = WORKER_INIT, .made = PRECOMPILED_INIT                                    \
	}

/* Unless the cache has it. What goes wrong is no concern of the run's. */
void precompile_start(struct precompile *precompile, struct loop *loop);
void precompile_stop(struct precompile *precompile);

#endif
