/* SPDX-License-Identifier: Apache-2.0 */
/* What beside its tables a reading says in JSON, and writing it piece by piece. */
#ifndef RENDER_JSON_PARTS_H
#define RENDER_JSON_PARTS_H

#include <stdio.h>

#include "render/json_value.h"

struct json_object *json_wall_time(uint64_t wall_ns); /* RFC 3339, every nanosecond */
struct json_object *json_losses(const struct skbscope_snapshot *snapshot);

/* Writes and releases; skip bytes at the end are left out. 0, -EIO, or -ENOMEM for
 * NULL. */
int json_write(struct json_object *json, size_t skip, FILE *stream);
int json_write_text(const char *text, FILE *stream);

#endif
