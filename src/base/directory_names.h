/* SPDX-License-Identifier: Apache-2.0 */
/* What directories hold, for finding the name that was meant. */
#ifndef BASE_DIRECTORY_NAMES_H
#define BASE_DIRECTORY_NAMES_H

#include <stddef.h>

struct arena;

struct directory_names {
	struct arena *arena;
	const char *list[4096]; /* more are not looked at */
	size_t count;
};

/* Adds the names in a directory, hidden ones left out; of one that cannot be read, none. Only
 * those with the ending ("": all), and without it. */
void directory_names_add(struct directory_names *names, const char *directory, const char *ending);

#endif
