/* SPDX-License-Identifier: Apache-2.0 */
/* What readings and differences both say in JSON. */
#ifndef RENDER_JSON_PARTS_H
#define RENDER_JSON_PARTS_H

#include <skbscope/snapshot.h>

#include "render/json_writer.h"

/* Appends RFC 3339 in UTC; false: there is no such time. */
bool wall_time_format(uint64_t wall_ns, struct buffer *out);
void json_wall_time(struct json_writer *json, const char *key, uint64_t wall_ns); /* RFC 3339 */
void json_losses(struct json_writer *json, const struct skbscope_snapshot *snapshot);
void json_verdict(struct json_writer *json, const char *function, int32_t verdict);
/* Which packets were chosen; nothing where all are. */
void json_chosen(struct json_writer *json, const struct skbscope_snapshot *snapshot);
/* All members of a table but its rows. */
void json_table_head(struct json_writer *json, const struct skbscope_table *table);

/* Of one row of a table that has them; null where none is known. */
void json_processes(struct json_writer *json, const struct skbscope_table *table, size_t row);

#endif
