/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The other files of a program: those that --with names, those that a tag @with of its
 * comment does, and so on. They are a set: a file that is named again by a tag is there
 * already, so files may name each other.
 */
#ifndef RUN_PROGRAM_FILES_H
#define RUN_PROGRAM_FILES_H

#include "run/program.h"

/* After program->source was read. */
int program_files_read(const struct list *with, const char *search_path, struct program *program,
		       struct skbscope_error *error);
void program_files_clear(struct program *program);

#endif
