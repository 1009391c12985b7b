/* SPDX-License-Identifier: Apache-2.0 */
#include "render/listing.h"

#include <errno.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/utf8.h"

#define MARGIN "  "
#define GAP 2          /* between columns */
#define TEXT_LEAST 24u /* what columns go for, that the last one has it */
#define TEXT_BELOW 12u /* with less, it stands on lines of its own */
#define BELOW 4u       /* behind so many blanks */

/* One text after the other. */
static const char *next(const char **texts)
{
	const char *text = *texts;

	*texts += strlen(text) + 1;
	return text;
}

static size_t characters(const char *text, size_t length)
{
	size_t count = 0;

	for (size_t i = 0; i < length; i++)
		count += (text[i] & 0xc0) != 0x80;
	return count;
}

void listing_clear(struct listing *listing)
{
	buffer_free(&listing->names);
	buffer_free(&listing->cells);
	*listing = (struct listing){ 0 };
}

void listing_heading(struct listing *listing, bool right, const char *text)
{
	if (listing->columns == LISTING_COLUMNS) {
		listing->failed = true;
		return;
	}
	listing->right[listing->columns++] = right;
	listing->headed |= *text != '\0';
	buffer_append(&listing->names, text, strlen(text) + 1);
}

/* Names of strangers, of whatever bytes, on one line. */
void listing_cell(struct listing *listing, const char *text)
{
	AUTO(buffer_free) struct buffer safe = { 0 };

	utf8_printable(text, strlen(text), &safe);
	for (size_t i = 0; i < safe.length; i++)
		if (safe.data[i] == '\n' || safe.data[i] == '\t')
			buffer_printf(&listing->cells, "\\x%02x", (unsigned)safe.data[i]);
		else
			buffer_append(&listing->cells, &safe.data[i], 1);
	buffer_append(&listing->cells, "", 1);
	listing->failed |= safe.failed;
}

static void measure(const struct listing *listing, size_t *widths)
{
	const char *names = buffer_text(&listing->names), *cells = buffer_text(&listing->cells);

	memset(widths, 0, LISTING_COLUMNS * sizeof(*widths));
	for (size_t row = 0; row <= listing->rows; row++)
		for (size_t i = 0; i < listing->columns; i++) {
			const char *cell = next(row ? &cells : &names);
			const size_t width = characters(cell, strlen(cell));

			if (width > widths[i])
				widths[i] = width;
		}
}

/* Where the last column stands. */
static size_t indent_of(const struct listing *listing, const size_t *widths, const bool *hidden)
{
	size_t indent = strlen(MARGIN);

	for (size_t i = 0; i + 1 < listing->columns; i++)
		indent += hidden[i] ? 0 : widths[i] + GAP;
	return indent;
}

/* Whether the last column has room for its text, or for that much of it. */
static bool has_room(const struct listing *listing, const size_t *widths, const bool *hidden,
		     size_t least, uint32_t width)
{
	const size_t last = listing->columns - 1;
	const bool whole = widths[last] < least || listing->right[last];

	return indent_of(listing, widths, hidden) + (whole ? widths[last] : least) <= width;
}

/* Columns without a heading belong to each other. */
static void hide(const struct listing *listing, const size_t *widths, uint32_t width, bool *hidden)
{
	for (size_t i = listing->headed ? listing->columns - 1 : 0; i-- > 1;)
		hidden[i] = !has_room(listing, widths, hidden, TEXT_LEAST, width);
}

void listing_wrap(const char *line, size_t length, size_t indent, uint32_t width,
		  struct buffer *out)
{
	size_t used = 0; /* of the line that is being written */

	for (;;) {
		size_t end = 0, blank = 0;

		for (size_t wide = used; end < length && wide <= width; end++) {
			if (line[end] == ' ' && end && (used || end >= indent) &&
			    line[end - 1] != ' ')
				blank = end;
			wide += (line[end] & 0xc0) != 0x80;
		}
		if (!width || used + characters(line, length) <= width || !blank)
			break;
		buffer_append(out, line, blank);
		buffer_printf(out, "\n%*s", (int)indent, "");
		used = indent;
		while (blank < length && line[blank] == ' ')
			blank++;
		line += blank;
		length -= blank;
	}
	buffer_append(out, line, length);
}

/* What stands on the left of a column is followed by blanks where another column follows. */
static void add_row(const struct listing *listing, const char **cells, const size_t *widths,
		    const bool *hidden, bool below, struct buffer *line)
{
	size_t blanks = strlen(MARGIN);

	for (size_t i = 0; i < listing->columns; i++) {
		const char *cell = next(cells);
		const size_t rest = widths[i] - characters(cell, strlen(cell));

		if (hidden[i])
			continue;
		if (below && i + 1 == listing->columns) {
			if (*cell)
				buffer_printf(line, "\n%*s%s", (int)BELOW, "", cell);
			return;
		}
		if (listing->right[i])
			blanks += rest;
		if (*cell)
			buffer_printf(line, "%*s%s", (int)blanks, "", cell);
		blanks = GAP + (*cell ? 0 : blanks) + (listing->right[i] ? 0 : rest);
	}
}

static void add_missed(const struct listing *listing, const bool *hidden, uint32_t width,
		       struct buffer *out)
{
	AUTO(buffer_free) struct buffer line = { 0 };
	const char *names = buffer_text(&listing->names);
	size_t missed = 0;

	for (size_t i = 0; i < listing->columns; i++) {
		const char *name = next(&names);

		if (hidden[i])
			buffer_printf(&line, "%s%s", missed++ ? ", " : MARGIN "(no room for ",
				      name);
	}
	buffer_string(&line, missed ? ")\n" : "");
	listing_wrap(buffer_text(&line), line.length, strlen(MARGIN), width, out);
	buffer_append(out, "", 1);
	out->failed |= line.failed;
}

static void add_lines(const char *text, size_t indent, uint32_t width, struct buffer *out)
{
	size_t length = strcspn(text, "\n");

	listing_wrap(text, length, indent, width, out);
	if (text[length]) {
		buffer_string(out, "\n");
		listing_wrap(text + length + 1, strlen(text + length + 1), indent, width, out);
	}
}

int listing_lines(struct listing *listing, uint32_t width, struct buffer *out)
{
	const char *names = buffer_text(&listing->names), *cells = buffer_text(&listing->cells);
	bool hidden[LISTING_COLUMNS] = { false };
	size_t widths[LISTING_COLUMNS], indent;
	bool below;

	if (listing->failed || listing->names.failed || listing->cells.failed)
		return -ENOMEM;
	measure(listing, widths);
	if (width)
		hide(listing, widths, width, hidden);
	below = width && !has_room(listing, widths, hidden, TEXT_BELOW, width);
	indent = below ? BELOW : indent_of(listing, widths, hidden);
	for (size_t row = 0; row <= listing->rows; row++) {
		AUTO(buffer_free) struct buffer line = { 0 };

		add_row(listing, row ? &cells : &names, widths, hidden, below, &line);
		add_lines(buffer_text(&line), indent, width, out);
		buffer_append(out, "\n", row || listing->headed ? 2 : 0);
		if (!row && !listing->headed)
			buffer_append(out, "", 1);
		out->failed |= line.failed;
	}
	add_missed(listing, hidden, width, out);
	return out->failed ? -ENOMEM : 0;
}
