/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The rows of a table in the table of the same name of an edited program: whether
 * the kernel's map itself can go on, else how its rows become rows of another
 * shape, member by member, and what a person should know about it. Pure data; who
 * reads and fills the maps is the session.
 */
#ifndef MODEL_MIGRATE_H
#define MODEL_MIGRATE_H

#include <skbscope/image.h>

#include "base/arena.h"
#include "model/convert.h"
#include "model/schema.h"
#include "model/sum.h"
#include "model/table_rows.h"

/* One map of an image, with the schemas made from that image. Borrowed. */
struct migrate_table {
	const struct skbscope_image *image;
	const struct schema_set *schemas;
	size_t index; /* of the map in the image, which is that of its schema */
};

/* The same type, sizes, flags, number of entries, pin and inner map, and columns
 * of the same names, kinds and places: what lies in the one map means the same to
 * the other program. How it is shown does not matter. */
bool migrate_same_shape(const struct migrate_table *from, const struct migrate_table *to);

/* A column of the new table that has one of the old to come from. */
struct migrate_column {
	const char *name;
	struct conversion conversion;
};

struct migrate_columns {
	struct migrate_column *columns;
	size_t count;
	bool is_copy; /* old bytes are new bytes, those between the members too */
};

struct migrate_plan {
	bool possible;    /* false: the new table starts empty, text says why */
	const char *text; /* "bytes u32→u64, drops added (0)"; "" if nothing to say */

	struct arena *arena; /* its own: arena_object_free() */
	const struct skbscope_schema *from, *to;
	struct sum_plan sum; /* of the new value: rows that fall together, CPUs into one */
	struct migrate_columns key, value;
	uint32_t cpus; /* of a per-CPU map */
};

/* Needs both sets of schemas to outlive the plan. cpus: possible CPUs. 0 or
 * -ENOMEM; that nothing can be migrated is an answer, not a failure. */
int migrate_plan_new(const struct migrate_table *from, const struct migrate_table *to,
		     uint32_t cpus, struct migrate_plan **out);

struct migrated {
	/* Padding is zero. No key twice, never more rows than the table has entries. */
	struct table_rows rows;
	uint64_t merged;  /* rows whose new key another row had already */
	uint64_t dropped; /* rows of which a number or an index does not fit, or no room */
	char *text;       /* the plan's, and what became of rows; for people */
};

/* Slots of an array that hold nothing but zeros are not migrated: they start so.
 * 0, -ENOMEM, or -EINVAL for rows that are not of the plan's old table. */
int migrate_rows(const struct migrate_plan *plan, const struct table_rows *rows,
		 struct migrated *out);
void migrated_clear(struct migrated *migrated); /* for AUTO() too */

/* Adds a migrated value (all CPUs of it) to what the new program counted meanwhile:
 * amounts add up, others keep the total's unless that is zero. False: a number
 * wrapped round. */
bool migrate_add(const struct migrate_plan *plan, uint8_t *total, const uint8_t *value);

#endif
