/* SPDX-License-Identifier: Apache-2.0 */
/* What a line of C can be, by its text alone. */
#ifndef CLI_LINE_TEXT_H
#define CLI_LINE_TEXT_H

#include <stdbool.h>

/*
 * Whether the line may write to memory: it assigns, counts, or calls something. Where the
 * stores of two branches are one, clang gives it no line, and what is told is the line in
 * front: often an "if".
 */
bool line_may_store(const char *source);

#endif
