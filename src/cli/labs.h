/* SPDX-License-Identifier: Apache-2.0 */
/* The labs that are installed: folders "NN-name" with a page, a skeleton and a test that grades. */
#ifndef CLI_LABS_H
#define CLI_LABS_H

#include <skbscope/error.h>

#include "base/arena.h"

struct lab {
	unsigned number;
	const char *name;   /* of the folder: "01-count-packets" */
	const char *path;   /* ... and where it is */
	const char *title;  /* the page's: "Count packets" */
	const char *source; /* the file that a student works on: "count.c" */
};

struct labs {
	const char *path;
	struct lab *list; /* by number */
	size_t count;
};

int labs_read(struct arena *arena, struct labs *out, struct skbscope_error *error);
/* By its number or its name. NULL: the error says which there are. */
const struct lab *labs_find(const struct labs *labs, const char *word,
			    struct skbscope_error *error);

const char *lab_file(const struct lab *lab, struct arena *arena, const char *name);

/* Copies page and skeleton into a folder, which is made; nothing is written over. */
int lab_copy(const struct lab *lab, const char *folder, struct skbscope_error *error);

#endif
