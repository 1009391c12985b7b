/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What clangd, and so an editor, needs to understand programs in a directory:
 * compile_flags.txt, and beside it in .skbscope/ the headers that libbcc has in memory.
 */
#ifndef RUN_CLANGD_H
#define RUN_CLANGD_H

#include <skbscope/error.h>
#include <stdbool.h>

#include "run/settings.h"

/* kernel_types: a program there needs them. A compile_flags.txt that is somebody else's is left
 * as it is, and is an error. */
int clangd_write(const struct compile_settings *settings, const char *directory, bool kernel_types,
		 struct skbscope_error *error);

#endif
