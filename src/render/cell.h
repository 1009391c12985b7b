/* SPDX-License-Identifier: Apache-2.0 */
/* One cell as people read it, and on which side of its column it stands. */
#ifndef RENDER_CELL_H
#define RENDER_CELL_H

#include <skbscope/snapshot.h>

#include "render/layout.h"
#include "render/paint.h"

/* In the row that the layout is at; "-" where there is no data. Numbers that have names
 * in the snapshot, those of the interfaces it is attached to, are shown by them. */
void cell_put(struct painter *painter, const struct skbscope_snapshot *snapshot,
	      const struct skbscope_column *column, const uint8_t *data, struct layout *layout);
enum layout_align cell_align(const struct skbscope_column *column);

/* The same for a script that wants the names and no units: text as it came, whatever its bytes;
 * an instant as its number. */
void cell_plain(const struct skbscope_snapshot *snapshot, const struct skbscope_column *column,
		const uint8_t *data, struct buffer *out);

/* Those of a row, for people: "curl 1234, nginx 56"; NULL: there is no row. */
void cell_put_processes(struct painter *painter, const struct skbscope_processes *processes,
			struct layout *layout);

/* The same, into the painter's cell. */
void cell_text(struct painter *painter, const struct skbscope_snapshot *snapshot,
	       const struct skbscope_column *column, const uint8_t *data);
void cell_processes(struct painter *painter, const struct skbscope_processes *processes);

#endif
