/* SPDX-License-Identifier: Apache-2.0 */
/* The sentences about an edited program. */
#include "harness.h"

#include <math.h>

#include "base/error.h"
#include "run/changes.h"

TEST(a_swap_says_what_became_of_each_table_and_what_changed_in_cost)
{
	const struct skbscope_table_swap tables[] = {
		{ "flows", SKBSCOPE_TABLE_KEPT, 0, "" },
		{ "ports", SKBSCOPE_TABLE_MIGRATED, 23, "bytes u32→u64, drops added" },
		{ "queue", SKBSCOPE_TABLE_REFUSED, 0, "it is no hash any more" },
		{ "old", SKBSCOPE_TABLE_GONE, 0, "" },
		{ "calls", SKBSCOPE_TABLE_REFILLED, 0, "" },
	};
	const struct skbscope_function_cost costs[] = {
		{ .function = "in", .verified_before = 40, .verified_after = 44 },
		{ .function = "out", .verified_before = 23, .verified_after = 23 },
		{ .function = "new", .verified_after = 23 },
	};
	const struct skbscope_swap swap = { tables, 5, costs, 3, 0, 0 };
	struct buffer out = { 0 };

	changes_swap(&swap, &out);
	CHECK_TEXT(buffer_text(&out),
		   ": flows kept; ports migrated, 23 rows (bytes u32→u64, drops added); queue not "
		   "migrated (it is no hash any more); old gone; calls refilled; in verified 40→44 "
		   "instructions");
	buffer_free(&out);
}

static void check_measured(double before, double after, const char *expected)
{
	/* What the verifier walked was told with the swap. */
	const struct skbscope_function_cost cost = { .function = "f",
						     .verified_before = 40,
						     .verified_after = 44,
						     .run_ns_before = before,
						     .run_ns_after = after };
	struct buffer out = { 0 };

	changes_measured(&cost, true, &out);
	CHECK_TEXT(buffer_text(&out), expected);
	buffer_free(&out);
}

TEST(a_cost_is_beside_the_one_before)
{
	check_measured(52, 161, "f 52→161 ns a packet, 3.1× slower than before");
	check_measured(100, 50, "f 100→50 ns a packet, 2.0× faster than before");
	check_measured(100, 102, "f 100→102 ns a packet, about the same");
	check_measured(100, 124, "f 100→124 ns a packet, about the same");
	check_measured(124, 100, "f 124→100 ns a packet, about the same");
}

TEST(the_same_instructions_are_not_said_to_be_slower)
{
	const struct skbscope_function_cost cost = {
		.function = "f", .run_ns_before = 100, .run_ns_after = 130, .same_code = true
	};
	struct buffer out = { 0 };

	changes_measured(&cost, false, &out);
	CHECK_TEXT(buffer_text(&out), "100→130 ns a packet, with the same instructions");
	buffer_free(&out);
}

static void check_refusal(enum skbscope_stage stage, const char *file, uint32_t line,
			  const char *expected)
{
	struct skbscope_diagnostics *diagnostics;
	struct skbscope_error error;
	struct buffer out = { 0 };

	REQUIRE(skbscope_diagnostics_new(&diagnostics) == 0);
	skbscope_diagnostics_add(
		diagnostics, &(struct skbscope_diagnostic){ .severity = SKBSCOPE_SEVERITY_WARNING,
							    .file = file,
							    .line = 1,
							    .message = "beside the point" });
	skbscope_diagnostics_add(diagnostics,
				 &(struct skbscope_diagnostic){ .severity = SKBSCOPE_SEVERITY_ERROR,
								.file = file,
								.line = line,
								.message = "it is wrong" });
	fail(&error, 1, stage, "the interface is gone");
	changes_refusal(&error, diagnostics, "/home/me/flows.c", &out);
	CHECK_TEXT(buffer_text(&out), expected);
	buffer_free(&out);
	skbscope_diagnostics_free(diagnostics);
}

TEST(a_refusal_names_the_line_of_the_first_error)
{
	check_refusal(SKBSCOPE_STAGE_COMPILE, "flows.c", 17, "does not compile (line 17)");
	check_refusal(SKBSCOPE_STAGE_COMPILE, "flows.h", 3, "does not compile (flows.h:3)");
	check_refusal(SKBSCOPE_STAGE_COMPILE, NULL, 0, "does not compile");
	check_refusal(SKBSCOPE_STAGE_VERIFY, "flows.c", 17, "the verifier refuses it (line 17)");
	check_refusal(SKBSCOPE_STAGE_ATTACH, "flows.c", 17, "the interface is gone");
}
