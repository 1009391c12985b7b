/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What is exposed of a table: rows that have series of their own, and the sum of the others.
 * Two rows that have the same labels are one series, since nobody could tell them apart.
 */
#ifndef RENDER_SERIES_H
#define RENDER_SERIES_H

#include "base/buffer.h"
#include "model/key_index.h"
#include "render/metric_family.h"

/* Rows that have no place, as they were at the reading before. */
struct folded {
	struct buffer keys, values;
	size_t count;
	struct key_index index;
};

struct series_table {
	char *name;
	uint64_t since, signature; /* of the table, and of what it is made of */
	struct families families;  /* of the latest reading, as are the names in them */
	const char *other;         /* labels */

	size_t most, count;            /* places */
	char **labels;                 /* of each; owned */
	uint64_t *hashes;              /* of these, no two the same */
	struct key_index places;       /* by hash */
	bool *present;                 /* in the latest reading */
	struct metric_number *numbers; /* of each, families.slots of them */

	struct metric_number *others; /* what rows without a place have added up to */
	bool has_others;              /* there was one */
	struct folded folded;
};

void series_table_free(struct series_table *table);

/* From what it was (NULL: it is new) to what the reading makes of it. The families are those of
 * the reading; strings live in its arena. -ENOMEM: it may be freed. */
int series_table_take(struct series_table **table, uint64_t most,
		      const struct skbscope_snapshot *snapshot, const struct skbscope_table *rows,
		      const struct families *families, struct arena *arena);

#endif
