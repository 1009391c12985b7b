/* SPDX-License-Identifier: Apache-2.0 */
/* Printing diagnostics as compilers do. */
#include <skbscope/diagnostics.h>

#include <string.h>

#include "base/utf8.h"
#include "render/paint.h"

#define BOLD_RED "\033[1;31m"
#define BOLD_GREEN "\033[1;32m"
#define BOLD_MAGENTA "\033[1;35m"
#define BOLD_CYAN "\033[1;36m"

/* The text of a hostile source must not reach a terminal's control sequences. Every
 * character stays one, so that the caret stands under its column. */
static void add_text(struct buffer *out, const char *text)
{
	for (size_t left = strlen(text), n; left; text += n, left -= n) {
		n = utf8_length(text, left);
		if (n && (*text == '\t' || !utf8_is_control(text, n))) {
			buffer_append(out, text, n);
			continue;
		}
		buffer_append(out, "?", 1);
		n = n ? n : 1;
	}
}

static void paint_text(struct painter *painter, const char *text)
{
	buffer_clear(&painter->cell);
	add_text(&painter->cell, text);
	painter->failed |= painter->cell.failed;
	paint(painter, NULL, "%s\n", buffer_text(&painter->cell));
}

static void paint_place(struct painter *painter, const struct skbscope_diagnostic *entry)
{
	struct buffer *place = &painter->cell;

	if (!entry->file)
		return;
	buffer_clear(place);
	add_text(place, entry->file);
	if (entry->line)
		buffer_printf(place, ":%u", entry->line);
	if (entry->line && entry->column)
		buffer_printf(place, ":%u", entry->column);
	paint(painter, BOLD, "%s:", buffer_text(place));
	fputc(' ', painter->stream);
}

/* Under the column; tabs are repeated so that the two lines stay together. */
static void paint_caret(struct painter *painter, const struct skbscope_diagnostic *entry)
{
	if (!entry->column || entry->column > strlen(entry->source) + 1)
		return;
	fputs("      | ", painter->stream);
	for (uint32_t i = 0; i + 1 < entry->column; i++) {
		unsigned char c = (unsigned char)entry->source[i];

		/* One column for each character, not for each byte of UTF-8. */
		if ((c & 0xc0) != 0x80)
			fputc(c == '\t' ? '\t' : ' ', painter->stream);
	}
	paint(painter, BOLD_GREEN, "^");
	fputc('\n', painter->stream);
}

static void paint_entry(struct painter *painter, const struct skbscope_diagnostic *entry)
{
	static const char *const names[] = { "note", "warning", "error" };
	static const char *const colours[] = { BOLD_CYAN, BOLD_MAGENTA, BOLD_RED };
	unsigned int severity = (unsigned int)entry->severity < 3 ? entry->severity : 2;

	paint_place(painter, entry);
	paint(painter, colours[severity], "%s:", names[severity]);
	fputc(' ', painter->stream);
	paint_text(painter, entry->message);
	if (entry->source) {
		fprintf(painter->stream, "%5u | ", entry->line);
		paint_text(painter, entry->source);
		paint_caret(painter, entry);
	}
	if (entry->hint && *entry->hint) {
		fputs("      ", painter->stream);
		paint(painter, BOLD_CYAN, "hint:");
		fputc(' ', painter->stream);
		paint_text(painter, entry->hint);
	}
}

int skbscope_diagnostics_print(const struct skbscope_diagnostics *diagnostics, int colour,
			       FILE *stream)
{
	const struct skbscope_render_options options = { .colour = colour };
	struct painter painter = { .options = &options, .stream = stream };

	for (size_t i = 0; i < skbscope_diagnostics_count(diagnostics); i++)
		paint_entry(&painter, skbscope_diagnostics_get(diagnostics, i));
	return paint_end(&painter, 0);
}
