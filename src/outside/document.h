/* SPDX-License-Identifier: Apache-2.0 */
/* A reading in one form, the same bytes for all who read it, for as long as the last one does. */
#ifndef OUTSIDE_DOCUMENT_H
#define OUTSIDE_DOCUMENT_H

#include "base/buffer.h"

struct document {
	unsigned int references;
	uint64_t number; /* of the reading */
	struct buffer bytes;
};

struct document *document_new(uint64_t number, struct buffer *bytes); /* takes them; or NULL */
struct document *document_ref(struct document *document);
void document_unref(void *document); /* NULL too */

#endif
