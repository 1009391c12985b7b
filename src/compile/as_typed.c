/* SPDX-License-Identifier: Apache-2.0 */
/* Where one copy of a line has text, the other has blanks. */
#include "compile/as_typed.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

uint32_t as_typed_line(const struct worker_request *request, uint32_t compiled)
{
	const uint32_t count = request->typed_lines, lead = request->lead_lines;
	uint32_t line;

	if (!count || !compiled)
		return compiled;
	line = compiled > lead ? compiled - lead : 1;
	if (line <= count)
		return line;
	line -= count;
	return line == 1 ? 1 : line - 1 < count ? line - 1 : count;
}

struct as_typed as_typed_lines(const struct worker_request *request, uint32_t typed)
{
	struct as_typed places = { .line = typed };

	if (!request->typed_lines || !typed || typed > request->typed_lines)
		return places;
	places.line = request->lead_lines + typed;
	places.again = places.line + request->typed_lines + 1;
	return places;
}

char *as_typed_text(struct span line, struct span again)
{
	size_t length = line.length > again.length ? line.length : again.length;
	char *text = malloc(length + 1);

	if (!text)
		return NULL;
	memset(text, ' ', length);
	if (line.length)
		memcpy(text, line.text, line.length);
	for (size_t i = 0; i < again.length; i++)
		if (!isspace((unsigned char)again.text[i]))
			text[i] = again.text[i];
	if (length && text[length - 1] == '\r')
		length--;
	text[length] = '\0';
	return text;
}
