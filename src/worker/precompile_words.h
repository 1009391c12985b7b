/* SPDX-License-Identifier: Apache-2.0 */
/* Names in the precompiled text, which no -D can change any more. */
#ifndef WORKER_PRECOMPILE_WORDS_H
#define WORKER_PRECOMPILE_WORDS_H

#include <stdbool.h>

#include "base/buffer.h"

/* Whether the name that a "NAME=VALUE" begins with is, or may be, a word of libbcc's
 * headers or of the files among the entries of a precompiled header. */
bool words_may_have(const struct buffer *entries, const char *define);

#endif
