/* SPDX-License-Identifier: Apache-2.0 */
/* What changed between two readings of one session, entry by entry. */
#ifndef RENDER_CHANGES_H
#define RENDER_CHANGES_H

#include <skbscope/snapshot.h>

#include "render/json_writer.h"
#include "render/paint.h"

/* A line for each entry, indented: "flows[10.0.0.1]: packets 2 → 3"; and for what was not
 * counted. How many, or a negative errno. */
int changes_paint(struct painter *painter, const struct skbscope_snapshot *before,
		  const struct skbscope_snapshot *after);

/* The tables that changed, by name: of each the rows, with "key", "before" and "after". */
int changes_json(struct json_writer *json, const char *key, const struct skbscope_snapshot *before,
		 const struct skbscope_snapshot *after);

#endif
