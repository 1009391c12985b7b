/* SPDX-License-Identifier: Apache-2.0 */
/* Out of memory a name is missing, and the arena knows. */
#include "base/directory_names.h"

#include <dirent.h>
#include <string.h>

#include "base/arena.h"
#include "base/cleanup.h"

#define NAMES_MAX (sizeof(((struct directory_names *)0)->list) / sizeof(const char *))

void directory_names_add(struct directory_names *names, const char *directory, const char *ending)
{
	AUTO(closedirp) DIR *dir = opendir(directory);
	const size_t cut = strlen(ending);
	struct dirent *entry;

	while (dir && names->count < NAMES_MAX && (entry = readdir(dir))) {
		const size_t length = strlen(entry->d_name);
		const char *name;

		if (entry->d_name[0] == '.' || length <= cut ||
		    strcmp(entry->d_name + length - cut, ending) != 0)
			continue;
		name = arena_string_n(names->arena, entry->d_name, length - cut);
		if (name)
			names->list[names->count++] = name;
	}
}
