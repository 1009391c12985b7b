/* SPDX-License-Identifier: Apache-2.0 */
/* What goes into tables, in parts: one --set, or one line of the file that it names. */
#ifndef MODEL_ASSIGNMENT_H
#define MODEL_ASSIGNMENT_H

#include <stdbool.h>

#include <skbscope/error.h>

#include "base/span.h"

struct assignment {
	struct span table, key, value;
	bool has_value;   /* false: the row is to be there */
	struct span file; /* not empty: the rows are in it */
};

/* "TABLE[KEY]=VALUE" or "TABLE=@FILE". -EINVAL, and *at points to what is wrong. */
int assignment_split(struct span text, struct assignment *out, const char **at,
		     struct skbscope_error *error);

/* "KEY = VALUE" or "KEY" and perhaps "# text"; nothing but that leaves the key empty. */
void assignment_line(struct span line, struct assignment *out);

#endif
