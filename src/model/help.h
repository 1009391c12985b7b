/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a program's manual says of its tables. Where it has lines under "map  key  value", as those
 * of the bundled programs do, the text below "value" is about what a row holds; a line that is
 * indented further than the names of the tables is about a column of the one above.
 */
#ifndef MODEL_HELP_H
#define MODEL_HELP_H

#include "base/arena.h"

/* A column of NULL: the table. NULL: nothing is said, or there is no memory. */
const char *help_find(const char *manual, const char *table, const char *column,
		      struct arena *arena);

#endif
