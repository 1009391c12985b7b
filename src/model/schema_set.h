/* SPDX-License-Identifier: Apache-2.0 */
/* What a schema set holds; for the model's own files. */
#ifndef MODEL_SCHEMA_SET_H
#define MODEL_SCHEMA_SET_H

#include <stdatomic.h>

#include "base/arena.h"
#include "model/schema.h"
#include "model/sum.h"

struct table_schema {
	struct skbscope_schema public;
	struct sum_plan sum;
	bool can_fill; /* refuses a new key once max_entries are in it */
};

struct schema_set {
	atomic_uint references;
	struct arena *arena;
	const char *program, *path; /* the image's name and path */
	struct table_schema *tables;
	size_t count;
};

#endif
