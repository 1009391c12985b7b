/* SPDX-License-Identifier: Apache-2.0 */
/* Where the tables are in a reading that is JSON: it is served whole and by the table. */
#ifndef OUTSIDE_SLICES_H
#define OUTSIDE_SLICES_H

#include <stdbool.h>
#include <stddef.h>

struct slice {
	const char *data; /* the table's object, in the text */
	size_t length;
};

/* False: there is no such table. */
bool slices_find(const char *text, size_t length, const char *table, struct slice *out);

#endif
