/* SPDX-License-Identifier: Apache-2.0 */
/* One reading, or one difference, as bytes in the format that was asked for. */
#ifndef RUN_DOCUMENT_H
#define RUN_DOCUMENT_H

#include <skbscope/render.h>

#include "base/buffer.h"
#include "render/registry.h"
#include "run/settings.h"
#include "run/signals.h"
#include "run/view.h"

/* A table may have room for four billion rows. More than these take longer to read
 * than anybody waits, and memory by the gigabyte; the reading says that it is not
 * complete. */
#define DOCUMENT_ROWS_MAX (UINT64_C(1) << 22)

/* Appends the document. -EINTR: there was a signal to end meanwhile; a document may be
 * larger than anybody's patience. */
int document_render(const struct render_format *format, const struct shown *shown,
		    const struct skbscope_render_options *options, struct signals *signals,
		    struct buffer *out, struct skbscope_error *error);

/* Writes it to a new file, as JSON if its name says so, else as text; and says what came of
 * it. */
void document_to_file(const char *path, const struct shown *shown,
		      const struct skbscope_render_options *options, struct signals *signals,
		      struct buffer *answer);

#endif
