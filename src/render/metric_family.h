/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Which metrics a table is: their names, types and units, by the types of its columns. An amount
 * that a program only adds to is a counter, any other number of a value a gauge, buckets are
 * a histogram; text, addresses and enumerators in values are none.
 */
#ifndef RENDER_METRIC_FAMILY_H
#define RENDER_METRIC_FAMILY_H

#include <skbscope/snapshot.h>

#include "base/arena.h"
#include "model/bits.h"

enum metric_kind { METRIC_GAUGE, METRIC_COUNTER, METRIC_HISTOGRAM };

struct metric_head {
	const char *name; /* of a counter without _total */
	const char *unit; /* "": none */
	const char *help;
	enum metric_kind kind;
};

/* A number, or (NONE) that there is none. */
struct metric_number {
	enum { NUMBER_NONE, NUMBER_WHOLE, NUMBER_REAL } form;
	bool negative;
	bits_t whole; /* also if negative: two's complement */
	double real;
};

struct family {
	struct metric_head head;
	const struct skbscope_column *column; /* the schema's */
	bool seconds;                         /* whole numbers are nanoseconds */
	uint32_t slot, slots; /* where in a row's numbers; of a histogram one a bucket */
};

struct families {
	struct family *list;
	size_t count;
	uint32_t slots, series; /* of a row */
	/* Of a table whose rows are buckets, the key's last column; else NULL. */
	const struct skbscope_column *bucket;
	bool bucket_is_exponent; /* itself, and not what bpf_log2l() makes of it */
	const char **labels;     /* a name for each of the key's columns, but the bucket's */
	size_t label_count;
};

/* The heads of one exposition: each has names of its own. */
struct metric_heads {
	const struct metric_head **list;
	size_t count, room;
};

/* Room for the metrics of all tables of a snapshot, and for so many others. */
bool metric_heads_make(const struct skbscope_snapshot *snapshot, size_t others, struct arena *arena,
		       struct metric_heads *out);

/* Of a table that has any: else no families. What lives in the arena borrows from the schema.
 * False: no memory. */
bool families_make(const char *program, const struct skbscope_schema *schema,
		   struct metric_heads *heads, struct arena *arena, struct families *out);

/* The numbers of a row, from its first slot on, are set, or added to what is there already. */
void families_read(const struct families *families, const struct skbscope_snapshot *snapshot,
		   const struct skbscope_record *record, struct metric_number *numbers);

/* The end of a histogram's bucket, which belongs to it; infinite for the last. */
double family_bound(const struct families *families, const struct family *family, uint32_t bucket);

#endif
