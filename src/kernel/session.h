/* SPDX-License-Identifier: Apache-2.0 */
/* The inside of a session, shared by the files that make, attach and read it. */
#ifndef KERNEL_SESSION_H
#define KERNEL_SESSION_H

#include <skbscope/session.h>

#include "kernel/entries.h"
#include "kernel/hooks.h"
#include "kernel/maps.h"
#include "kernel/programs.h"
#include "kernel/read.h"
#include "model/snapshot.h"

struct skbscope_session {
	const struct skbscope_image *image; /* the caller's */
	bool enforce, every_function;
	struct entries entries;
	struct map_set maps;
	struct loaded_program *programs; /* as many as the image has, in its order */
	struct hook *hooks;
	size_t hook_count;
	struct schema_set *schemas;
	struct map_reader *readers; /* one a map of the image */
	struct map_reader verdict_reader;
	struct snapshot *previous; /* NULL before the first reading */
};

/* NULL unless loaded. */
const struct loaded_program *session_program(const struct skbscope_session *session,
					     const char *function);

/* skbscope_session_attach(), with part of the kernel's abilities left out. */
int session_attach(struct skbscope_session *session, const struct skbscope_attach_options *options,
		   struct hook_support support, struct skbscope_error *error);

#endif
