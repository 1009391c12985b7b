/* SPDX-License-Identifier: Apache-2.0 */
/* One cell as people read it, and on which side of its column it stands. */
#ifndef RENDER_CELL_H
#define RENDER_CELL_H

#include <skbscope/snapshot.h>

#include "base/buffer.h"
#include "render/layout.h"

/* Numbers that have names: the interfaces that a snapshot is attached to. */
struct cell_names {
	const struct skbscope_hook_state *hooks;
	size_t hook_count;
};

static inline struct cell_names cell_names_of(const struct skbscope_snapshot *snapshot)
{
	return (struct cell_names){ snapshot->hooks, snapshot->hook_count };
}

/* Replaces what is in the buffer. */
void cell_format(const struct cell_names *names, const struct skbscope_column *column,
		 const uint8_t *data, bool exact, struct buffer *out);
enum layout_align cell_align(const struct skbscope_column *column);

#endif
