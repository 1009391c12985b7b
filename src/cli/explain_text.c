/* SPDX-License-Identifier: Apache-2.0 */
/*
 * An explanation for people. Of the program's own files all lines between those that ran are
 * shown, unless they are many; of others only those that ran.
 */
#include <errno.h>
#include <inttypes.h>
#include <string.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/utf8.h"
#include "cli/cmd_explain.h"
#include "cli/explain_lines.h"
#include "model/names.h"
#include "packet/packet.h"
#include "render/changes.h"
#include "render/paint.h"
#include "run/people.h"
#include "run/report.h"

#define GREEN "\033[32m"
#define GAP_MAX 4u /* lines between two that ran */
#define TAB 4u

struct telling {
	struct painter painter;
	const struct explanation *explanation;
	bool merged; /* a line with code that was not passed was shown */
};

static void tell_frame(struct telling *telling)
{
	const struct explanation *explanation = telling->explanation;
	const struct skbscope_packet *packet = &explanation->packet;
	struct painter *painter = &telling->painter;

	paint(painter, BOLD, "frame %" PRIu64 " of ", explanation->number);
	paint_name(painter, BOLD, recording_name(explanation->recording.path));
	paint(painter, NULL, ": %u bytes", packet->length);
	if (packet->captured < packet->length)
		paint(painter, YELLOW, ", of which %u were recorded", packet->captured);
	paint(painter, NULL, ", %s, at ",
	      packet->direction == SKBSCOPE_EGRESS ? "outgoing" : "incoming");
	paint_clock(painter, packet->time_ns);
	if (explanation->number > 1)
		paint(painter, DIM, " (the %" PRIu64 " before it were fed first)",
		      explanation->number - 1);
	paint(painter, NULL, "\n");
}

/* Line by line, indented; a stranger's bytes are in it. */
static void paint_lines(struct telling *telling, const struct buffer *text)
{
	AUTO(buffer_free) struct buffer safe = { 0 };

	utf8_printable(buffer_text(text), text->length, &safe);
	telling->painter.failed |= safe.failed || text->failed;
	for (const char *at = buffer_text(&safe); *at;) {
		const size_t length = strcspn(at, "\n");

		paint(&telling->painter, NULL, "  %.*s\n", (int)length, at);
		at += length + (at[length] == '\n');
	}
}

static void tell_layers(struct telling *telling)
{
	const struct buffer *frame = &telling->explanation->frame;
	AUTO(buffer_free) struct buffer text = { 0 };

	packet_describe_headers((const uint8_t *)buffer_text(frame), frame->length, &text);
	paint_lines(telling, &text);
}

/* Tabs are blanks here, as something stands before the line; the text is a stranger's. */
static void paint_source(struct painter *painter, const char *colour, const char *text,
			 size_t length)
{
	AUTO(buffer_free) struct buffer safe = { 0 };
	AUTO(buffer_free) struct buffer blanks = { 0 };

	for (size_t i = 0; i < length; i++)
		if (text[i] == '\t')
			buffer_printf(&blanks, "%*s", (int)(TAB - blanks.length % TAB), "");
		else
			buffer_append(&blanks, &text[i], 1);
	utf8_printable(buffer_text(&blanks), blanks.length, &safe);
	painter->failed |= safe.failed || blanks.failed;
	paint(painter, colour, "%s", buffer_text(&safe));
}

static void paint_ways(struct telling *telling, const struct line *line)
{
	AUTO(line_goals_clear) struct line_goals ran = { 0 };
	AUTO(line_goals_clear) struct line_goals not_ran = { 0 };
	AUTO(buffer_free) struct buffer text = { 0 };

	if (line_goals(line, true, &ran) < 0 || line_goals(line, false, &not_ran) < 0) {
		telling->painter.failed = true;
		return;
	}
	if (ran.count + not_ran.count < 2)
		return;
	if (ran.count)
		buffer_string(&text, "→ ");
	line_goals_text(line, &ran, " and ", &text);
	if (not_ran.count)
		buffer_string(&text, ran.count ? ", not to " : "not to ");
	line_goals_text(line, &not_ran, " or ", &text);
	telling->painter.failed |= text.failed;
	paint(&telling->painter, YELLOW, "   %s", buffer_text(&text));
}

/* LINE: NULL where there is no code for it. */
static void paint_line(struct telling *telling, uint32_t number, const struct line *line,
		       const char *text, size_t length)
{
	struct painter *painter = &telling->painter;
	const bool ran = line && line->ran;

	telling->merged |= line && !ran;
	paint(painter, ran ? GREEN : DIM, "%6u %s ", number, ran ? "+" : line ? "." : " ");
	paint_source(painter, ran ? NULL : DIM, text, length);
	if (ran)
		paint_ways(telling, line);
	paint(painter, NULL, "\n");
}

/* One of the program's own; NULL: a header's. */
static const struct skbscope_source *source_of(const struct program *program, const char *file)
{
	const char *name = line_file_name(file);

	if (strcmp(file, program->source->path) == 0 ||
	    (!strchr(file, '/') && strcmp(name, line_file_name(program->source->path)) == 0))
		return program->source;
	for (size_t i = 0; i < program->with_count; i++)
		if (strcmp(file, program->with[i]->path) == 0)
			return program->with[i];
	return NULL;
}

static const char *line_start(const char *text, uint32_t line)
{
	while (--line && text)
		text = strchr(text, '\n') ? strchr(text, '\n') + 1 : NULL;
	return text;
}

/* Lines of a file, by place: [first, end) of the items. */
struct part {
	size_t first, end;
};

static const struct line *find_line(const struct lines *lines, const struct part *part,
				    uint32_t number)
{
	for (size_t i = part->first; i < part->end; i++)
		if (lines->items[i]->place.line == number)
			return lines->items[i];
	return NULL;
}

static void paint_between(struct telling *telling, const struct part *part, const char *text,
			  uint32_t from, uint32_t to)
{
	if (to - from > GAP_MAX) {
		paint(&telling->painter, DIM, "       ...\n");
		return;
	}
	for (uint32_t i = from; i < to; i++) {
		const char *start = line_start(text, i);

		if (start)
			paint_line(telling, i, find_line(&telling->explanation->lines, part, i),
				   start, strcspn(start, "\n"));
	}
}

static void paint_own(struct telling *telling, const struct part *part, const char *text)
{
	const struct lines *lines = &telling->explanation->lines;
	uint32_t next = 0;

	for (size_t i = part->first; i < part->end; i++) {
		const struct line *line = lines->items[i];
		const char *start = line_start(text, line->place.line);

		if (!line->ran)
			continue;
		if (next && line->place.line > next)
			paint_between(telling, part, text, next, line->place.line);
		if (start)
			paint_line(telling, line->place.line, line, start, strcspn(start, "\n"));
		next = line->place.line + 1;
	}
}

static void paint_header(struct telling *telling, const struct part *part)
{
	const struct lines *lines = &telling->explanation->lines;
	uint32_t next = 0;

	for (size_t i = part->first; i < part->end; i++) {
		const struct line *line = lines->items[i];

		if (!line->ran)
			continue;
		if (next && line->place.line > next)
			paint(&telling->painter, DIM, "       ...\n");
		paint_line(telling, line->place.line, line, line->text, strlen(line->text));
		next = line->place.line + 1;
	}
}

static bool ran_any(const struct lines *lines, const struct part *part)
{
	for (size_t i = part->first; i < part->end; i++)
		if (lines->items[i]->ran)
			return true;
	return false;
}

/* Of -e TEXT the lines are those of the text, and the source has more in front of it. */
static bool has_text(const struct lines *lines, const struct part *part, const char *text)
{
	for (size_t i = part->first; i < part->end; i++) {
		const struct line *line = lines->items[i];
		const char *start = line_start(text, line->place.line);

		if (!start || strncmp(start + strspn(start, " \t"), line->text,
				      strcspn(line->text, "\n")) != 0)
			return false;
	}
	return true;
}

/* First the program's own files, then what they include. */
static void tell_lines(struct telling *telling, bool own)
{
	const struct lines *lines = &telling->explanation->lines;
	struct part part = { 0 };

	for (; part.first < lines->count; part.first = part.end) {
		const char *file = lines->items[part.first]->place.file;
		const struct skbscope_source *source =
			source_of(&telling->explanation->program, file);

		for (part.end = part.first; part.end < lines->count &&
					    strcmp(lines->items[part.end]->place.file, file) == 0;)
			part.end++;
		if (!source == own || !ran_any(lines, &part))
			continue;
		paint(&telling->painter, NULL, "\n");
		paint_name(&telling->painter, BOLD, line_file_name(file));
		if (own && telling->explanation->function)
			paint(&telling->painter, NULL, ", from %s() on",
			      telling->explanation->function);
		paint(&telling->painter, NULL, ":\n");
		if (own && has_text(lines, &part, source->text))
			paint_own(telling, &part, source->text);
		else
			paint_header(telling, &part);
	}
}

static void tell_verdict(struct telling *telling)
{
	const struct explanation *explanation = telling->explanation;
	struct painter *painter = &telling->painter;

	paint(painter, NULL, "\nverdict: ");
	paint(painter, BOLD, "%s\n", verdict_name(explanation->verdict));
	if (explanation->unsent.packets)
		paint(painter, YELLOW, "would have sent it %" PRIu64 " time%s, to interface %u\n",
		      explanation->unsent.packets, explanation->unsent.packets == 1 ? "" : "s",
		      explanation->unsent.ifindex);
}

static void tell_events(struct telling *telling)
{
	if (!telling->explanation->event_count)
		return;
	paint(&telling->painter, NULL, "\nevents, in their order:\n");
	paint_lines(telling, &telling->explanation->events);
}

int explain_text(const struct explanation *explanation)
{
	const struct skbscope_render_options options = {
		.exact = explanation->settings->output.exact,
		.colour = wants_colour(STDOUT_FILENO),
	};
	struct telling telling = { .painter = { .options = &options, .stream = people_stdout() },
				   .explanation = explanation };
	int r;

	tell_frame(&telling);
	tell_layers(&telling);
	tell_lines(&telling, true);
	tell_lines(&telling, false);
	paint(&telling.painter, DIM,
	      "\n+ ran, and where it went on%s; lines without a mark have "
	      "no code of their own\n",
	      telling.merged ? "; . has code that this packet did not run, though its condition "
			       "may have been tested with another's"
			     : "");
	tell_verdict(&telling);
	paint(&telling.painter, NULL, "\ntables:\n");
	r = changes_paint(&telling.painter, explanation->before, explanation->after);
	if (r == 0)
		paint(&telling.painter, DIM, "  no entry changed\n");
	if (r >= 0)
		tell_events(&telling);
	return paint_end(&telling.painter, r < 0 ? r : 0);
}
