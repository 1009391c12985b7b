/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Documents: JSON for scripts; for people labelled lines, and lists in columns. This is
 * the one place that asks whom a document is for.
 */
#include "render/document.h"

#include <ctype.h>
#include <errno.h>
#include <inttypes.h>
#include <stdarg.h>
#include <string.h>
#include <time.h>

#include "base/cleanup.h"
#include "base/utf8.h"
#include "model/format.h"

#define LABEL_WIDTH 9
#define MARGIN 4u
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

struct document document_start(bool for_people, uint32_t width, FILE *stream)
{
	return (struct document){
		.stream = stream, .for_people = for_people, .width = width, .json.stream = stream
	};
}

struct document document_start_pretty(FILE *stream)
{
	return (struct document){ .stream = stream, .json = { .stream = stream, .pretty = true } };
}

struct document document_start_csv(const char *table, FILE *stream)
{
	return (struct document){ .stream = stream, .is_csv = true, .table = table };
}

int document_end(struct document *document)
{
	int r = 0;

	if (document->is_csv)
		r = document_csv_end(&document->csv, document->table, document->stream,
				     &document->error);
	else if (!document->for_people)
		r = json_finish(&document->json);
	if (document->failed)
		return -ENOMEM;
	if (r < 0)
		return r;
	errno = 0;
	return fflush(document->stream) == 0 && !ferror(document->stream) ? 0 : -EIO;
}

static bool is_filling(const struct document *document)
{
	return document->is_list && !document->hidden;
}

void document_begin_object(struct document *document, const char *key)
{
	if (document->is_csv)
		document_csv_begin_object(&document->csv);
	else if (!document->for_people)
		json_begin_object(&document->json, key);
}

void document_end_object(struct document *document)
{
	if (document->is_csv)
		document_csv_end_object(&document->csv);
	else if (!document->for_people)
		json_end_object(&document->json);
	else if (is_filling(document))
		document->list.rows++;
}

void document_begin_list(struct document *document, const char *key, const char *title)
{
	if (document->is_csv) {
		document_csv_begin_list(&document->csv, key);
		return;
	}
	if (!document->for_people) {
		json_begin_array(&document->json, key);
		return;
	}
	if (!title || document->is_list || document->hidden) {
		document->hidden++;
		return;
	}
	document->is_list = true;
	document->title = title;
}

/* Whether a line is prose that goes on what stands in front of it. */
static bool goes_on(const char *text, size_t margin)
{
	const size_t length = strcspn(text, "\n");

	return length > margin && strspn(text, " ") == margin &&
	       isalnum((unsigned char)text[margin]) &&
	       !memmem(text + margin, length - margin, "  ", 2);
}

/* What goes on stands below what it belongs to: a label's fact, or the line's own margin. Where a
 * line of prose is too long, the rest of its paragraph follows it. */
static void write_lines(struct document *document, const char *text, size_t indent)
{
	AUTO(buffer_free) struct buffer lines = { 0 };

	while (*text) {
		AUTO(buffer_free) struct buffer line = { 0 };
		const size_t blanks = strspn(text, " ");
		/* More than half the terminal is too much of it. */
		const size_t margin =
			document->width && 2 * blanks > document->width ? MARGIN : blanks;
		size_t length = strcspn(text += blanks - margin, "\n");
		const bool prose = !indent && document->width && length > document->width &&
				   goes_on(text, margin);

		buffer_append(&line, text, length);
		for (; prose && text[length] == '\n' && goes_on(text + length + 1, margin);
		     length = strcspn(text, "\n")) {
			text += length + 1;
			buffer_printf(&line, " %.*s", (int)(strcspn(text, "\n") - margin),
				      text + margin);
		}
		listing_wrap(buffer_text(&line), line.length, indent ? indent : margin,
			     document->width, &lines);
		buffer_append(&lines, "\n", text[length] == '\n');
		text += length + (text[length] == '\n');
		lines.failed |= line.failed;
	}
	fputs(buffer_text(&lines), document->stream);
	document->failed |= lines.failed;
	document->any = true;
}

/* Between the rows of a list: as "NUMBER OF ROWS BEFORE:TEXT" and a NUL. */
static void say(struct document *document, size_t indent, const char *text, size_t length)
{
	AUTO(buffer_free) struct buffer safe = { 0 };

	if (document->is_list) {
		buffer_printf(&document->asides, "%zu:", document->list.rows);
		utf8_printable(text, length, &document->asides);
		buffer_append(&document->asides, "", 1);
		return;
	}
	utf8_printable(text, length, &safe);
	write_lines(document, buffer_text(&safe), indent);
	document->failed |= safe.failed;
}

void document_say(struct document *document, const char *format, ...)
{
	AUTO(buffer_free) struct buffer text = { 0 };
	va_list arguments;

	if (!document->for_people || document->hidden)
		return;
	va_start(arguments, format);
	buffer_vprintf(&text, format, arguments);
	va_end(arguments);
	document->failed |= text.failed;
	say(document, 0, buffer_text(&text), text.length);
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

/* Amounts without units, as in JSON. */
static void csv_fact(struct document *document, const char *key, const struct fact *fact)
{
	char number[24];

	snprintf(number, sizeof(number), "%" PRIu64, fact->number);
	document_csv_fact(&document->csv, key,
			  fact->kind == FACT_UNKNOWN   ? NULL
			  : fact->kind == FACT_TEXT    ? fact->text
			  : fact->kind == FACT_BOOLEAN ? (fact->number ? "true" : "false")
						       : number);
}

void document_fact(struct document *document, const char *key, const char *label, struct fact fact)
{
	AUTO(buffer_free) struct buffer text = { 0 };

	if (document->is_csv) {
		if (key)
			csv_fact(document, key, &fact);
		return;
	}
	if (!document->for_people && key)
		write_fact(&document->json, key, &fact);
	if (!document->for_people || document->hidden || !label)
		return;
	format_fact(&fact, &text);
	document->failed |= text.failed;
	if (document->is_list) {
		const bool right = label[0] == '>';

		if (!document->list.rows)
			listing_heading(&document->list, right, label + right);
		listing_cell(&document->list, buffer_text(&text));
	} else {
		AUTO(buffer_free) struct buffer line = { 0 };

		buffer_printf(&line, "%-*s %s\n", LABEL_WIDTH, label, buffer_text(&text));
		document->failed |= line.failed;
		say(document, LABEL_WIDTH + 1, buffer_text(&line), line.length);
	}
}

/* Those before the row; what is left of them. */
static const char *write_asides(struct document *document, const char *asides, const char *end,
				size_t row)
{
	while (asides < end && strtoul(asides, NULL, 10) <= row) {
		write_lines(document, strchr(asides, ':') + 1, 0);
		asides += strlen(asides) + 1;
	}
	return asides;
}

static void write_list(struct document *document, const char *text)
{
	const char *asides = buffer_text(&document->asides);
	const char *end = asides + document->asides.length;

	if (*document->title)
		fprintf(document->stream, "%s%s\n", document->any ? "\n" : "", document->title);
	fputs(text, document->stream);
	text += strlen(text) + 1;
	for (size_t row = 0; row < document->list.rows; row++) {
		asides = write_asides(document, asides, end, row);
		fputs(text, document->stream);
		text += strlen(text) + 1;
	}
	write_asides(document, asides, end, document->list.rows);
	fputs(text, document->stream);
	document->any = true;
}

void document_end_list(struct document *document)
{
	AUTO(buffer_free) struct buffer text = { 0 };

	if (document->is_csv) {
		document_csv_end_list(&document->csv);
		return;
	}
	if (!document->for_people) {
		json_end_array(&document->json);
		return;
	}
	if (document->hidden) {
		document->hidden--;
		return;
	}
	if (document->asides.failed ||
	    (document->list.rows && listing_lines(&document->list, document->width, &text) < 0))
		document->failed = true;
	else if (document->list.rows)
		write_list(document, buffer_text(&text));
	document->is_list = false;
	listing_clear(&document->list);
	buffer_free(&document->asides);
}
