/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Documents: JSON for scripts; for people labelled lines, and lists in columns. This is
 * the one place that asks whom a document is for.
 */
#include "render/document.h"

#include <errno.h>
#include <inttypes.h>
#include <stdarg.h>
#include <string.h>
#include <time.h>

#include "base/cleanup.h"
#include "base/utf8.h"
#include "model/format.h"

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

struct document document_start(bool for_people, FILE *stream)
{
	return (struct document){ .stream = stream,
				  .for_people = for_people,
				  .json.stream = stream };
}

int document_end(struct document *document)
{
	int r = document->for_people ? 0 : json_finish(&document->json);

	if (document->failed)
		return -ENOMEM;
	if (r < 0)
		return r;
	errno = 0;
	return fflush(document->stream) == 0 && !ferror(document->stream) ? 0 : -EIO;
}

static bool is_filling(const struct document *document)
{
	return document->list && !document->hidden;
}

void document_begin_object(struct document *document, const char *key)
{
	if (!document->for_people)
		json_begin_object(&document->json, key);
	else if (is_filling(document))
		layout_row(document->list);
}

void document_end_object(struct document *document)
{
	if (!document->for_people)
		json_end_object(&document->json);
	else if (is_filling(document))
		document->rows++;
}

void document_begin_list(struct document *document, const char *key, const char *title)
{
	if (!document->for_people) {
		json_begin_array(&document->json, key);
		return;
	}
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
void document_say(struct document *document, const char *format, ...)
{
	AUTO(buffer_free) struct buffer safe = { 0 };
	AUTO(freep) char *text = NULL;
	va_list arguments;
	int length;

	if (!document->for_people || document->hidden)
		return;
	va_start(arguments, format);
	length = vasprintf(&text, format, arguments);
	va_end(arguments);
	if (length < 0) {
		text = NULL;
		document->failed = true;
	} else if (document->list) {
		buffer_printf(&document->asides, "%zu:", document->rows);
		utf8_printable(text, (size_t)length, &document->asides);
		buffer_append(&document->asides, "", 1);
	} else {
		utf8_printable(text, (size_t)length, &safe);
		fputs(buffer_text(&safe), document->stream);
		document->failed |= safe.failed;
		document->any = true;
	}
}

static void write_fact(struct json_writer *json, const char *key, const struct fact *fact)
{
	switch (fact->kind) {
	case FACT_UNKNOWN:
		json_null(json, key);
		break;
	case FACT_TEXT:
		json_text(json, key, fact->text);
		break;
	case FACT_BOOLEAN:
		json_boolean(json, key, fact->number);
		break;
	default:
		json_u64(json, key, fact->number);
	}
}

void document_fact(struct document *document, const char *key, const char *label, struct fact fact)
{
	AUTO(buffer_free) struct buffer text = { 0 };

	if (!document->for_people && key)
		write_fact(&document->json, key, &fact);
	if (!document->for_people || document->hidden || !label)
		return;
	format_fact(&fact, &text);
	if (document->list) {
		bool right = label[0] == '>';

		if (!document->rows)
			layout_heading(document->list, right ? LAYOUT_RIGHT : LAYOUT_LEFT, "%s",
				       label + right);
		document->headed |= *label != '\0';
		layout_cell(document->list, layout_whole(&text));
	} else {
		document_say(document, "%-*s %s\n", LABEL_WIDTH, label, buffer_text(&text));
		document->failed |= text.failed;
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

void document_end_list(struct document *document)
{
	AUTO(freep) char *text = NULL;

	if (!document->for_people) {
		json_end_array(&document->json);
		return;
	}
	if (document->hidden) {
		document->hidden--;
		return;
	}
	if (document->asides.failed ||
	    (document->rows && layout_text(document->list, document->headed, &text) < 0))
		document->failed = true;
	else if (document->rows)
		write_list(document, text);
	layout_freep(&document->list);
	buffer_free(&document->asides);
}
