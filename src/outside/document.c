/* SPDX-License-Identifier: Apache-2.0 */
#include "outside/document.h"

#include <stdlib.h>

struct document *document_new(uint64_t number, struct buffer *bytes)
{
	struct document *document = malloc(sizeof(*document));

	if (!document)
		return NULL;
	*document = (struct document){ .references = 1, .number = number, .bytes = *bytes };
	*bytes = (struct buffer){ 0 };
	return document;
}

struct document *document_ref(struct document *document)
{
	document->references++;
	return document;
}

void document_unref(void *pointer)
{
	struct document *document = pointer;

	if (!document || --document->references)
		return;
	buffer_free(&document->bytes);
	free(document);
}
