/* SPDX-License-Identifier: Apache-2.0 */
/* One cell as people read it, and on which side of its column it stands. */
#ifndef RENDER_CELL_H
#define RENDER_CELL_H

#include "base/buffer.h"
#include "render/layout.h"

/* Replaces what is in the buffer. Interfaces are known by name where the snapshot
 * is attached to them. */
int cell_format(const struct skbscope_snapshot *snapshot, const struct skbscope_column *column,
		const uint8_t *data, bool exact, struct buffer *out);
enum layout_align cell_align(const struct skbscope_column *column);

#endif
