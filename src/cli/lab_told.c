/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/lab_told.h"

#include <inttypes.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/span.h"
#include "packet/packet.h"

#define PACKETS_SHOWN 4u
#define WIDTH 90u

/* Broken where a line is full; each line begins with INDENT. */
static void add_wrapped(struct buffer *out, const char *indent, const char *text)
{
	size_t used = 0;

	while (*text) {
		const size_t word = strcspn(text, " ");

		if (used && used + 1 + word > WIDTH) {
			buffer_string(out, "\n");
			used = 0;
		}
		buffer_printf(out, "%s%.*s", used ? " " : indent, (int)word, text);
		used += word + (used ? 1 : 0);
		text += word;
		text += strspn(text, " ");
	}
	buffer_string(out, "\n");
}

static void add_packet(struct buffer *out, const struct test_packet *packet)
{
	AUTO(buffer_free) struct buffer text = { 0 };
	struct span rest, line;

	buffer_string(out, "    with the packet");
	if (packet->times > 1)
		buffer_printf(out, ", %" PRIu64 " times", packet->times);
	if (packet->has_tag)
		buffer_printf(out, ", in VLAN %u", packet->tag);
	if (packet->length > packet->size)
		buffer_printf(out, ", of %u bytes", packet->length);
	buffer_string(out, "\n");
	packet_describe(packet->bytes, packet->size, &text);
	for (rest = (struct span){ buffer_text(&text), text.length }; span_next_line(&rest, &line);)
		buffer_printf(out, "      %.*s\n", (int)line.length, line.text);
}

static void add_packets(struct buffer *out, const struct test_case *test)
{
	size_t shown = 0;

	for (size_t i = 0; i < test->feed_count && shown < PACKETS_SHOWN; i++) {
		if (test->feeds[i].capture)
			continue;
		add_packet(out, &test->feeds[i].packet);
		shown++;
	}
	if (test->feed_count > shown)
		buffer_printf(out, "    and %zu more\n", test->feed_count - shown);
}

static void add_finding(struct buffer *out, const struct finding *finding, bool with_hint)
{
	static const char *const sides[] = { [FINDING_SAME] = "     ",
					     [FINDING_EXPECTED] = "expected  ",
					     [FINDING_ACTUAL] = "came      " };

	buffer_printf(out, "    %s\n", finding->what);
	for (size_t i = 0; i < finding->count; i++)
		buffer_printf(out, "      %s%s\n", sides[finding->lines[i].side],
			      finding->lines[i].text);
	if (with_hint && finding->hint)
		add_wrapped(out, "    ", finding->hint);
}

void lab_tell_case(const struct test_result *result, bool in_full, struct buffer *out)
{
	const struct judgement *judgement = result->judgement;

	buffer_printf(out, "  %s  %s\n", result->status == EXIT_FINE ? "right  " : "not yet",
		      result->test->name);
	if (result->status == EXIT_FINE || !in_full)
		return;
	for (size_t i = 0; i < judgement->count; i++)
		add_finding(out, &judgement->findings[i], judgement->mistaken);
	add_packets(out, result->test);
	if (judgement->hint && !judgement->mistaken)
		add_wrapped(out, "    ", judgement->hint);
}

void lab_tell_broken(const struct test_result *result, struct buffer *out)
{
	const struct judgement *judgement = result->judgement;

	buffer_printf(out, "  not yet  the program %s\n",
		      result->status == EXIT_NOT_COMPILED ? "compiles"
							  : "is one that the kernel runs");
	for (size_t i = 0; i < judgement->count; i++) {
		const struct finding *finding = &judgement->findings[i];

		for (size_t j = 0; j < finding->count; j++)
			if (finding->lines[j].side == FINDING_ACTUAL)
				add_wrapped(out, "    ", finding->lines[j].text);
		if (finding->hint)
			add_wrapped(out, "    ", finding->hint);
	}
	if (judgement->hint)
		add_wrapped(out, "    ", judgement->hint);
}
