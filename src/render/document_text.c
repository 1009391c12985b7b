/* SPDX-License-Identifier: Apache-2.0 */
/* Documents as text for people: labelled lines, and lists in columns. */
#include <inttypes.h>
#include <string.h>
#include <time.h>

#include "base/cleanup.h"
#include "base/utf8.h"
#include "model/format.h"
#include "render/document.h"

#define LABEL_WIDTH 9
#define NS_PER_S 1000000000u

static void format_time(uint64_t wall_ns, struct buffer *out)
{
	time_t seconds = (time_t)(wall_ns / NS_PER_S);
	char text[32] = "-";
	struct tm tm;

	if (localtime_r(&seconds, &tm))
		strftime(text, sizeof(text), "%Y-%m-%d %H:%M:%S", &tm);
	buffer_string(out, text);
}

static void format_fact(const struct fact *fact, struct buffer *out)
{
	switch (fact->kind) {
	case FACT_UNKNOWN:
		buffer_string(out, "-");
		break;
	case FACT_TEXT:
		buffer_string(out, fact->text);
		break;
	case FACT_NUMBER:
		buffer_printf(out, "%" PRIu64, fact->number);
		break;
	case FACT_BOOLEAN:
		buffer_string(out, fact->number ? "yes" : "no");
		break;
	case FACT_BYTES:
		format_rate((double)fact->number, SKBSCOPE_DISPLAY_BYTES, out);
		break;
	case FACT_NS:
		format_rate((double)fact->number, SKBSCOPE_DISPLAY_NS, out);
		break;
	case FACT_TIME:
		format_time(fact->number, out);
	}
}

static bool is_filling(const struct document *document)
{
	return document->list && !document->hidden;
}

static void begin_object(struct document *document, const char *key)
{
	(void)key;
	if (is_filling(document))
		layout_row(document->list);
}

static void end_object(struct document *document)
{
	if (is_filling(document))
		document->rows++;
}

static void begin_list(struct document *document, const char *key, const char *title)
{
	(void)key;
	if (!title || document->list || document->hidden) {
		document->hidden++;
		return;
	}
	document->list = layout_new();
	document->title = title;
	document->rows = 0;
	document->headed = false;
	if (!document->list) {
		document->failed = true;
		document->hidden++;
	}
}

/* Between the rows of a list: as "NUMBER OF ROWS BEFORE:TEXT" and a NUL. */
static void say(struct document *document, const char *text, size_t length)
{
	AUTO(buffer_free) struct buffer safe = { 0 };

	if (document->hidden)
		return;
	if (document->list) {
		buffer_printf(&document->asides, "%zu:", document->rows);
		utf8_printable(text, length, &document->asides);
		buffer_append(&document->asides, "", 1);
		return;
	}
	utf8_printable(text, length, &safe);
	fputs(buffer_text(&safe), document->stream);
	document->failed |= safe.failed;
	document->any = true;
}

static void write_fact(struct document *document, const char *key, const char *label,
		       struct fact fact)
{
	AUTO(buffer_free) struct buffer text = { 0 };
	AUTO(buffer_free) struct buffer line = { 0 };

	(void)key;
	if (document->hidden || !label)
		return;
	format_fact(&fact, &text);
	if (document->list) {
		bool right = label[0] == '>';

		if (!document->rows)
			layout_heading(document->list, label + right,
				       right ? LAYOUT_RIGHT : LAYOUT_LEFT);
		document->headed |= *label != '\0';
		layout_cell(document->list, layout_whole(&text));
	} else {
		buffer_printf(&line, "%-*s %s\n", LABEL_WIDTH, label, buffer_text(&text));
		say(document, buffer_text(&line), line.length);
		document->failed |= text.failed || line.failed;
	}
}

/* Those before the row; what is left of them. */
static const char *write_asides(const char *asides, const char *end, size_t row, FILE *stream)
{
	while (asides < end && strtoul(asides, NULL, 10) <= row) {
		fputs(strchr(asides, ':') + 1, stream);
		asides += strlen(asides) + 1;
	}
	return asides;
}

/* Without the blanks that libsmartcols ends lines with: they make copies ragged. */
static const char *write_line(const char *text, FILE *stream)
{
	size_t line = strcspn(text, "\n"), end = line;

	while (end && text[end - 1] == ' ')
		end--;
	fprintf(stream, "  %.*s\n", (int)end, text);
	return text + line + (text[line] == '\n');
}

static void write_list(struct document *document, const char *text)
{
	const char *asides = buffer_text(&document->asides);
	const char *end = asides + document->asides.length;

	if (*document->title)
		fprintf(document->stream, "%s%s\n", document->any ? "\n" : "", document->title);
	if (document->headed)
		text = write_line(text, document->stream);
	for (size_t row = 0; row < document->rows; row++) {
		asides = write_asides(asides, end, row, document->stream);
		text = write_line(text, document->stream);
	}
	write_asides(asides, end, document->rows, document->stream);
	document->any = true;
}

static void end_list(struct document *document)
{
	AUTO(freep) char *text = NULL;

	if (document->hidden) {
		document->hidden--;
		return;
	}
	if (!document->rows)
		; /* nothing to see */
	else if (document->asides.failed ||
		 layout_text(document->list, document->headed, &text) < 0)
		document->failed = true;
	else
		write_list(document, text);
	layout_freep(&document->list);
	buffer_free(&document->asides);
}

static int end_text(struct document *document)
{
	(void)document;
	return 0; /* all of it is in the stream */
}

const struct document_form document_text = {
	.begin_object = begin_object,
	.end_object = end_object,
	.begin_list = begin_list,
	.end_list = end_list,
	.fact = write_fact,
	.say = say,
	.end = end_text,
};
