/* SPDX-License-Identifier: Apache-2.0 */
/* What the library's own layers ask about sources. */
#ifndef SOURCE_SOURCE_H
#define SOURCE_SOURCE_H

#include <stdbool.h>

/* Whether a user who wrote this means a file, and not the name of a bundled program. */
bool source_is_path(const char *program);

#endif
