/* SPDX-License-Identifier: Apache-2.0 */
/* skbscope explain: what one frame of a recording did. See run/explain.c. */
#include "cli/cmd_explain.h"

#include <errno.h>

#include "base/error.h"
#include "cli/command.h"
#include "render/registry.h"

static const char *const formats[] = { "table", "json", "pretty", NULL };

static int run(const void *data)
{
	const struct explain_settings *settings = data;
	AUTO(explanation_clear) struct explanation explanation = { 0 };
	struct skbscope_error error = { 0 };
	int r = explain(settings, &explanation, &error);

	if (r < 0)
		return report_error(&error, explanation.program.diagnostics,
				    settings->talk.verbose);
	r = render_format_at((size_t)settings->output.format)->for_people
		    ? explain_text(&explanation)
		    : explain_json(&explanation);
	if (r == -ENOMEM) {
		fail_memory(&error, SKBSCOPE_STAGE_RENDER);
		return report_error(&error, NULL, false);
	}
	return EXIT_FINE; /* what stdout did not take is told at the end */
}

#define AT(member) MEMBER(struct explain_settings, member)
static const char *const directions[] = { "in", "out", "inout", NULL };
static const struct option_row frames[] = {
	{ 'r', COMMON, "read", "FILE", "a capture file: pcap or pcapng, packed or not",
	  AT(traffic.recording) },
	{ 0, COMMON, "packet", "N", "its frame N, as Wireshark numbers them (default: the first)",
	  AT(packet) },
	{ 'Q', RARE, "direction", NULL, "only these packets (default: as the program says)",
	  AT(traffic.direction), .choices = directions },
	{ 0, RARE, "local", "CIDR", "packets from these addresses are outgoing",
	  AT(traffic.local) },
	{ 0, RARE, "ingress", "FN", "function to run on incoming packets", AT(traffic.ingress) },
	{ 0, RARE, "egress", "FN", "function to run on outgoing packets", AT(traffic.egress) },
	{ 'n', RARE, "numbers", NULL, "show numbers of protocols and interfaces, no names",
	  AT(traffic.numbers) },
	{ 0 },
};
static const struct option_group frame_options = { "Traffic", frames };

static const struct option_row forms[] = {
	{ 'o', RARE, "output", NULL, "output format (default: table)", AT(output.format),
	  .choices = formats },
	{ 'j', COMMON, "json", NULL, "same as --output json", .same_as = "output",
	  .value = "json" },
	{ 'p', RARE, "pretty", NULL, "same as --output pretty: JSON of many lines",
	  .same_as = "output", .value = "pretty" },
	{ 0 },
};
static const struct option_group form_options = { "Output", forms };

static const struct option_row shapes[] = {
	{ 'x', RARE, "hex", NULL, "show the bytes behind an event's struct", AT(output.hex) },
	{ 0, RARE, "exact", NULL, "show every digit instead of k, M and G", AT(output.exact) },
	{ 0 },
};
static const struct option_group shape_options = { "Display", shapes };

const struct command command_explain = {
	.name = "explain",
	.summary = "show what one packet of a capture did",
	.examples = { "explain protocols -r web.pcap --packet 7",
		      "explain ./mine.c -r web.pcap tcp port 443" },
	.operands = { { 0, COMMON, "PROGRAM", NULL, PROGRAM_HELP, AT(program), .optional = true },
		      { 0, COMMON, "FILTER", NULL, "a tcpdump expression: the first that matches",
			AT(traffic.filter) } },
	.options = {
		{ &frame_options, 0 },
		{ &table_options, offsetof(struct explain_settings, tables) },
		{ &shape_options, 0 },
		{ &form_options, 0 },
		{ &text_options, offsetof(struct explain_settings, compiling) },
		{ &compile_options, offsetof(struct explain_settings, compiling) },
		{ &search_options, offsetof(struct explain_settings, compiling) },
		{ &talk_options, offsetof(struct explain_settings, talk) },
	},
	.settings_size = sizeof(struct explain_settings),
	.run = run,
};
