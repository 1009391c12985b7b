/* SPDX-License-Identifier: Apache-2.0 */
/* Records as JSON: exact values, and readable forms where they differ. */
#ifndef RENDER_JSON_RECORD_H
#define RENDER_JSON_RECORD_H

#include <skbscope/snapshot.h>

#include "render/json_writer.h"

enum json_part { JSON_WHOLE, JSON_KEY, JSON_VALUE };

/* What is the same for all records of a schema: there may be millions. */
struct json_columns {
	const struct skbscope_schema *schema;
	struct buffer names; /* '"NAME":' of every column, one after the other */
	struct json_column {
		size_t name, name_length;
		unsigned int plain_bits; /* of a whole integer of up to 64; 0: any other value */
		bool is_readable;        /* has a readable form */
	} * columns;
	struct buffer raw, readable; /* scratch */
	bool has_texts;
	uint64_t now_ns; /* of the reading, on CLOCK_MONOTONIC */
	/* Of the value, those that are there; what needs more is null. */
	uint32_t bytes;
};

/* 0 or -ENOMEM; a NULL schema has no columns. */
int json_columns_init(struct json_columns *columns, const struct skbscope_schema *schema,
		      uint64_t now_ns);
void json_columns_clear(struct json_columns *columns); /* also for AUTO() */

/* The columns by name. */
void json_cells(struct json_writer *json, const struct json_columns *columns,
		const struct skbscope_record *record, enum json_part part);
/* "text": the readable forms of those that have one; nothing if none has. */
void json_readable(struct json_writer *json, struct json_columns *columns,
		   const struct skbscope_record *record, enum json_part part);
/* "rates" of the counters; nothing if there are none. */
void json_rates(struct json_writer *json, const struct json_columns *columns,
		const struct skbscope_record *record);

#endif
