/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/test_tap.h"

#include <stdio.h>

#include "base/cleanup.h"
#include "base/utf8.h"
#include "render/json_writer.h"

static void begin(const struct tap *tap)
{
	if (!tap->count)
		puts("TAP version 13");
}

/* A '#' begins a directive there. */
static void add_escaped(const char *text, struct buffer *out)
{
	for (; *text; text++) {
		if (*text == '#' || *text == '\\')
			buffer_string(out, "\\");
		buffer_append(out, text, 1);
	}
}

/* Of YAML what those readers know who do not know all of it. */
static void put_text(const char *before, const char *text)
{
	AUTO(buffer_free) struct buffer quoted = { 0 };

	json_quote(&quoted, text); /* as a key, with a colon */
	printf("%s%.*s\n", before, quoted.length ? (int)quoted.length - 1 : 0,
	       buffer_text(&quoted));
}

static void put_side(const char *name, const struct finding *finding, enum finding_side side)
{
	bool any = false;

	for (size_t i = 0; i < finding->count; i++) {
		if (finding->lines[i].side != side)
			continue;
		if (!any)
			printf("      %s:\n", name);
		any = true;
		put_text("        - ", finding->lines[i].text);
	}
}

static void tell_findings(const struct judgement *judgement)
{
	puts("  ---\n  findings:");
	for (size_t i = 0; i < judgement->count; i++) {
		const struct finding *finding = &judgement->findings[i];

		printf("    - line: %u\n", finding->line);
		put_text("      what: ", finding->what);
		if (finding->hint)
			put_text("      hint: ", finding->hint);
		put_side("expected", finding, FINDING_EXPECTED);
		put_side("actual", finding, FINDING_ACTUAL);
	}
	puts("  ...");
}

void tap_case(struct tap *tap, const struct test_result *result)
{
	AUTO(buffer_free) struct buffer name = { 0 }, safe = { 0 };
	const bool passed = result->status == EXIT_FINE;

	begin(tap);
	buffer_printf(&name, "%s:%u: ", result->file->path, result->test->line);
	add_escaped(result->test->name, &name);
	utf8_printable(buffer_text(&name), name.length, &safe);
	printf("%s %zu - %s\n", passed ? "ok" : "not ok", ++tap->count, buffer_text(&safe));
	if (passed)
		return;
	tell_findings(result->judgement);
}

void tap_end(const struct tap *tap, bool all)
{
	begin(tap);
	if (all)
		printf("1..%zu\n", tap->count);
	else
		puts("Bail out! the tests could not be run");
}
