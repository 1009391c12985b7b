/* SPDX-License-Identifier: Apache-2.0 */
/* Which libbcc and LLVM this process has mapped, by the names of their files. */
#ifndef WORKER_VERSIONS_H
#define WORKER_VERSIONS_H

#include <stddef.h>

/* "0.26.0" for a library whose file name starts with PREFIX; "" if unknown. */
void library_version(const char *prefix, char *out, size_t size);

#endif
