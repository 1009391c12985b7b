/* SPDX-License-Identifier: Apache-2.0 */
/* skbscope diff: two versions of a program on the same packets. See run/compare.c. */
#include "cli/command.h"
#include "run/run.h"

static int run_diff(const void *data)
{
	struct diff_settings settings = *(const struct diff_settings *)data;

	settings.compiling.passive = !settings.traffic.recording;
	return compare(&settings);
}

const struct command command_diff = {
	.name = "diff",
	.summary = "show where two versions differ on the same packets",
	.examples = { "diff ./old.c ./new.c -i eth0 --duration 10s" },
	.operands = { { 0, COMMON, "OLD", NULL, "the version that is trusted: " PROGRAM_HELP,
			MEMBER(struct diff_settings, old) },
		      { 0, COMMON, "NEW", NULL, "the version to compare with it",
			MEMBER(struct diff_settings, new) },
		      { 0, COMMON, "FILTER", NULL, FILTER_HELP,
			MEMBER(struct diff_settings, traffic.filter) } },
	.options = {
		{ &traffic_options, offsetof(struct diff_settings, traffic) },
		{ &table_options, offsetof(struct diff_settings, tables) },
		{ &pace_options, offsetof(struct diff_settings, pace) },
		{ &display_options, offsetof(struct diff_settings, output) },
		{ &format_options, offsetof(struct diff_settings, output) },
		{ &compile_options, offsetof(struct diff_settings, compiling) },
		{ &search_options, offsetof(struct diff_settings, compiling) },
		{ &talk_options, offsetof(struct diff_settings, talk) },
	},
	.settings_size = sizeof(struct diff_settings),
	.run = run_diff,
};
