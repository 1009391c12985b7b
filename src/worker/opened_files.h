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

/* In the order of opening, each once; borrowed. */
const char *const *opened_files(size_t *count);
bool opened_file_is_header(const char *path); /* libbcc also looks into /proc and /sys */

/* Appends the name by which others know the file. */
void opened_file_real_name(const struct worker_request *request, const char *path,
			   struct buffer *out);

/* Appends all that the compilation depends on, as protocol.h has it. */
void opened_files_write(const struct worker_request *request, struct buffer *out);

#endif
