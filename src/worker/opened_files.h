/* SPDX-License-Identifier: Apache-2.0 */
/* The files that the compiler opened, or looked for in vain, while it compiled. */
#ifndef WORKER_OPENED_FILES_H
#define WORKER_OPENED_FILES_H

#include <stdbool.h>
#include <stddef.h>

#include "base/buffer.h"
#include "compile/protocol.h"

void opened_files_record(bool on);
void opened_files_forget(void);

/* Opening that name is a duplicate of that descriptor, and no file of the program's. */
void opened_files_redirect(const char *path, int fd);
/* The header tree's real path, borrowed: a name that begins with it is one in the tree. Not
 * where a header is precompiled, with the tree in the place of a program's directory. */
void opened_files_tree(const char *tree);
/* What was opened and looked for in vain so far, each as a letter of enum file_role, a name
 * and a NUL; and such entries to count as opened, in that order, when that file is. */
void opened_files_save(struct buffer *out);
void opened_files_stand_in(const char *path, const struct buffer *entries);
/* Whether a library was replaced since it was mapped. */
bool opened_files_libraries_changed(void);

/* A file that a library read by itself, where it is there. */
void opened_files_note(const char *path);

/* In the order of opening, each once; borrowed. */
const char *const *opened_files(size_t *count);
bool opened_file_is_header(const char *path); /* libbcc also looks into /proc and /sys */

/* Appends the name by which others know the file. */
void opened_file_real_name(const struct worker_request *request, const char *path,
			   struct buffer *out);

/* Appends all that the compilation depends on, as protocol.h has it. */
void opened_files_write(const struct worker_request *request, struct buffer *out);

#endif
