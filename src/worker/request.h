/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One request in, one image or one complaint out, on the descriptors of
 * compile/protocol.h. For a process that compiles once, and for one that warms up.
 */
#ifndef WORKER_REQUEST_H
#define WORKER_REQUEST_H

#include <stdbool.h>
#include <stdint.h>

#include "compile/protocol.h"

/* Ends the process where it has to give up. started_ns: what the client counts as
 * the end of starting. */
enum worker_status request_serve(uint64_t started_ns);

/* A request's text is compiled only for what it makes clang and LLVM do for the first
 * time; where a precompiled header is asked for, that is made first. False: it failed. */
bool request_warm_up(void);

/* As if nothing had been compiled; only LLVM remembers. */
void request_forget(void);

_Noreturn void worker_leave(enum worker_status status);
_Noreturn void worker_give_up(const char *what); /* WORKER_GAVE_UP */

#endif
