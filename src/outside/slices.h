/* SPDX-License-Identifier: Apache-2.0 */
/* Where a table is in a reading, as JSON or CSV: that is rendered whole, and served by the table.
 */
#ifndef OUTSIDE_SLICES_H
#define OUTSIDE_SLICES_H

#include <stdbool.h>
#include <stddef.h>

struct slice {
	const char *data; /* of the table, in the text */
	size_t length;
};

/* False: there is no such table. */
bool slices_find(const char *text, size_t length, const char *table, struct slice *out);
bool slices_find_csv(const char *text, size_t length, const char *table, size_t table_length,
		     struct slice *out);

#endif
