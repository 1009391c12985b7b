/* SPDX-License-Identifier: Apache-2.0 */
#include "streams/lines.h"

#include "base/buffer.h"
#include "base/cleanup.h"
#include "harness.h"

static void note_data(void *context, const char *data, size_t length)
{
	buffer_append(context, data, length);
}

static void note_end(void *context)
{
	buffer_string(context, "|");
}

static const struct {
	enum lines_kind kind;
	const char *stream, *documents;
} examples[] = {
	{ LINES_SSE, "data: a\n\ndata:b\n\n", "a\n|b\n|" },
	{ LINES_SSE, "data: a\r\n\r\ndata: b\r\rdata: c\n\r\n", "a\n|b\n|c\n|" },
	{ LINES_SSE, "event: x\nid: 1\ndata: a\ndata: b\nretry: 3\n\n", "a\nb\n|" },
	{ LINES_SSE, ": data: no\n\nevent: x\n\n\n\n", "" },
	{ LINES_SSE, "data:  two blanks\n\n", " two blanks\n|" },
	{ LINES_SSE, "data:\n\ndatax: no\n\ndat: no\n\ndata\n\n", "\n|" },
	{ LINES_SSE, "data: not ended\n", "not ended\n" },
	{ LINES_SSE, "data: a:b\n\n", "a:b\n|" },
	{ LINES_NDJSON, "{1}\n{2}\r\n\n{3}\n", "{1}|{2}|{3}|" },
	{ LINES_NDJSON, "{1}\n{2}", "{1}|{2}|" },
	{ LINES_NDJSON, "data: {1}\n", "data: {1}|" },
};

TEST(documents_end_where_they_should_wherever_the_stream_is_cut)
{
	for (size_t i = 0; i < sizeof(examples) / sizeof(*examples); i++)
		for (size_t at = 0; at <= strlen(examples[i].stream); at++) {
			AUTO(buffer_free) struct buffer out = { 0 };
			struct lines lines;

			lines_init(&lines, examples[i].kind, note_data, note_end, &out);
			lines_feed(&lines, examples[i].stream, at);
			lines_feed(&lines, examples[i].stream + at,
				   strlen(examples[i].stream) - at);
			lines_end(&lines);
			CHECK_TEXT(buffer_text(&out), examples[i].documents);
		}
}

TEST(after_a_gap_the_next_line_is_read)
{
	static const char *const before[] = { "data: a\n\nda", "data: a\n\ndata: b" };
	static const char after[] = "ta: lost\n\ndata: c\n\n";

	for (size_t i = 0; i < 2; i++) {
		AUTO(buffer_free) struct buffer out = { 0 };
		struct lines lines;

		lines_init(&lines, LINES_SSE, note_data, note_end, &out);
		lines_feed(&lines, before[i], strlen(before[i]));
		lines_gap(&lines);
		lines_feed(&lines, after, sizeof(after) - 1);
		CHECK_TEXT(buffer_text(&out), i ? "a\n|bc\n|" : "a\n|c\n|");
	}
}
