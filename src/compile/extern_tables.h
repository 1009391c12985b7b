/* SPDX-License-Identifier: Apache-2.0 */
/*
 * BPF_TABLE("extern", key, value, NAME, …): a table of another file. libbcc would look for it
 * among what this process compiled before, and it has to know of which type it is. So a define
 * EXTERN_TABLES_DEFINE NAME="type" stands for the word extern in each declaration of NAME; what
 * is compiled then has a table of its own, which image_merge() takes for the other's.
 */
#ifndef COMPILE_EXTERN_TABLES_H
#define COMPILE_EXTERN_TABLES_H

#include <skbscope/image.h>

#include "base/arena.h"

#define EXTERN_TABLES_DEFINE "SKBSCOPE_EXTERN_"

struct extern_tables {
	const char **names; /* each once */
	size_t count;
};
/* Of a text itself: headers are not looked into. -ENOMEM. */
int extern_tables_find(const char *text, size_t length, struct arena *arena,
		       struct extern_tables *out);
bool extern_tables_has(const struct extern_tables *tables, const char *name);

/* As bcc calls the type of a table that was declared. */
const char *extern_tables_type(const struct skbscope_image_map *map);
/* What it may be, where nobody has declared it yet. */
const char *extern_tables_guess(const char *text, size_t length, const char *name);

struct extern_text {
	const char *text;   /* of the same length, lines and columns */
	const char **flags; /* for the compiler */
	size_t flag_count;
};
int extern_tables_resolve(const char *text, size_t length, const char *const *defines,
			  size_t define_count, struct arena *arena, struct extern_text *out);

#endif
