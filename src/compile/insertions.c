/* SPDX-License-Identifier: Apache-2.0 */
/* Text with more in it than was written, and the way back. */
#include "compile/insertions.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"

int insertions_add(struct insertions *insertions, const struct insertion *insertion,
		   const char *text)
{
	struct insertion *grown =
		reallocarray(insertions->list, insertions->count + 1, sizeof(*grown));

	if (!grown)
		return -ENOMEM;
	insertions->list = grown;
	grown += insertions->count;
	*grown = *insertion;
	grown->text = strdup(text);
	if (!grown->text)
		return -ENOMEM;
	insertions->count++;
	return 0;
}

/* No two have the same place. */
static int by_place(const void *a, const void *b)
{
	const struct insertion *x = a, *y = b;

	return x->at < y->at ? -1 : x->at > y->at;
}

void insertions_sort(struct insertions *insertions)
{
	if (insertions->count)
		qsort(insertions->list, insertions->count, sizeof(*insertions->list), by_place);
}

void insertions_clear(struct insertions *insertions)
{
	for (size_t i = 0; i < insertions->count; i++)
		free(insertions->list[i].text);
	free(TAKE(insertions->list));
	insertions->count = 0;
}

void insertions_apply(const struct insertions *insertions, const char *text, size_t length,
		      struct buffer *out)
{
	size_t from = 0;

	for (size_t i = 0; i < insertions->count; i++) {
		buffer_append(out, text + from, insertions->list[i].at - from);
		buffer_string(out, insertions->list[i].text);
		from = insertions->list[i].at;
	}
	buffer_append(out, text + from, length - from);
}

uint32_t insertions_column(const struct insertions *insertions, uint32_t line, uint32_t column,
			   bool *inside)
{
	uint32_t added = 0;

	*inside = false;
	for (size_t i = 0; column && i < insertions->count; i++) {
		const struct insertion *insertion = &insertions->list[i];
		const uint32_t length = (uint32_t)strlen(insertion->text);

		if (insertion->line != line || column < insertion->column + added)
			continue;
		if (column < insertion->column + added + length) {
			*inside = true;
			return insertion->column;
		}
		added += length;
	}
	return column - added;
}
