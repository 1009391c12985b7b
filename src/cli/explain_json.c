/* SPDX-License-Identifier: Apache-2.0 */
/* An explanation as one JSON object. */
#include <errno.h>
#include <string.h>

#include "base/cleanup.h"
#include "cli/cmd_explain.h"
#include "cli/explain_lines.h"
#include "packet/packet.h"
#include "render/changes.h"
#include "render/json_parts.h"
#include "render/registry.h"

/* As in files of tests, a header each. */
static void write_layers(struct json_writer *json, const struct buffer *frame)
{
	AUTO(buffer_free) struct buffer text = { 0 };

	packet_describe((const uint8_t *)buffer_text(frame), frame->length, &text);
	json_begin_array(json, "layers");
	for (const char *at = buffer_text(&text); *at;) {
		const size_t length = strcspn(at, "\n"), skipped = *at == '/' ? 2 : 0;

		json_bytes(json, NULL, at + skipped, length - skipped);
		at += length + (at[length] == '\n');
	}
	json_end_array(json);
	if (text.failed)
		json->error = ENOMEM;
}

static void write_frame(struct json_writer *json, const struct explanation *explanation)
{
	const struct skbscope_packet *packet = &explanation->packet;

	json_begin_object(json, "frame");
	json_u64(json, "number", explanation->number);
	json_wall_time(json, "time", packet->time_ns);
	json_u64(json, "time_ns", packet->time_ns);
	json_u64(json, "length", packet->length);
	json_u64(json, "captured", packet->captured);
	json_text(json, "direction", packet->direction == SKBSCOPE_EGRESS ? "egress" : "ingress");
	write_layers(json, &explanation->frame);
	json_end_object(json);
}

static int write_goals(struct json_writer *json, const char *key, const struct line *line, bool ran)
{
	AUTO(line_goals_clear) struct line_goals goals = { 0 };
	int r = line_goals(line, ran, &goals);

	line_goals_json(json, key, &goals);
	return r;
}

static int write_line(struct json_writer *json, const struct line *line)
{
	int r;

	json_begin_object(json, NULL);
	json_text(json, "file", line->place.file);
	json_u64(json, "line", line->place.line);
	json_text(json, "text", line->text);
	r = write_goals(json, "went_to", line, true);
	if (r == 0)
		r = write_goals(json, "not_to", line, false);
	json_end_object(json);
	return r;
}

static int write_lines(struct json_writer *json, const struct lines *lines)
{
	int r = 0;

	json_begin_array(json, "lines");
	for (size_t i = 0; r == 0 && i < lines->count; i++)
		if (lines->items[i]->ran)
			r = write_line(json, lines->items[i]);
	json_end_array(json);
	return r;
}

static void write_unsent(struct json_writer *json, const struct explanation *explanation)
{
	if (!explanation->unsent.packets) {
		json_null(json, "would_have_sent");
		return;
	}
	json_begin_object(json, "would_have_sent");
	json_u64(json, "ifindex", explanation->unsent.ifindex);
	json_u64(json, "packets", explanation->unsent.packets);
	json_end_object(json);
}

/* Each is a line that is an object by itself. */
static void write_events(struct json_writer *json, const struct explanation *explanation)
{
	json_begin_array(json, "events");
	for (const char *at = buffer_text(&explanation->events); *at;) {
		const size_t length = strcspn(at, "\n");

		buffer_append(json_digits(json, NULL), at, length);
		at += length + (at[length] == '\n');
	}
	json_end_array(json);
}

int explain_json(const struct explanation *explanation)
{
	AUTO(json_clear)
	struct json_writer json = {
		.stream = stdout,
		.pretty = render_format_at((size_t)explanation->settings->output.format)->pretty,
	};
	int r;

	json_begin_object(&json, NULL);
	json_text(&json, "program", explanation->after->program);
	json_text(&json, "path", explanation->after->path);
	json_text(&json, "recording", explanation->recording.path);
	write_frame(&json, explanation);
	json_verdict(&json, explanation->function, explanation->verdict);
	r = write_lines(&json, &explanation->lines);
	if (r == 0)
		r = changes_json(&json, "tables", explanation->before, explanation->after);
	write_events(&json, explanation);
	write_unsent(&json, explanation);
	json_end_object(&json);
	return r < 0 ? r : json_finish(&json);
}
