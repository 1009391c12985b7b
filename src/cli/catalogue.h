/* SPDX-License-Identifier: Apache-2.0 */
/* The bundled programs and those on the search path, by name. */
#ifndef CLI_CATALOGUE_H
#define CLI_CATALOGUE_H

#include "base/arena.h"
#include "run/settings.h"

#define CATALOGUE_MAX 1024

struct catalogue {
	struct catalogue_entry {
		const char *name, *path, *summary;
		const char *group; /* as its comment says; NULL: it does not */
	} entries[CATALOGUE_MAX];
	size_t count;
	const char *search_path;
	struct arena *arena;
};

/* In the arena; NULL: no memory. Directories that cannot be read are reported. */
struct catalogue *catalogue_read(struct arena *arena, const struct compile_settings *settings);

#endif
