/* SPDX-License-Identifier: Apache-2.0 */
/* The sentences around a run. */
#include "harness.h"

#include "run/summary.h"

static const struct skbscope_hook_state hooks[] = {
	{ .interface = "eth0",
	  .direction = SKBSCOPE_INGRESS,
	  .hook = SKBSCOPE_HOOK_TCX,
	  .function = "count",
	  .attached = true },
	{ .interface = "eth0",
	  .direction = SKBSCOPE_EGRESS,
	  .hook = SKBSCOPE_HOOK_CLSACT,
	  .function = "count",
	  .attached = true },
};

TEST(the_start_says_what_is_attached_where_and_how)
{
	struct skbscope_snapshot snapshot = { .program = "flows", .hooks = hooks, .hook_count = 2 };
	struct skbscope_compile_times times = { .total_ns = 78000000 };
	struct buffer out = { 0 };

	summary_start(&snapshot, &times, &out);
	CHECK_TEXT(buffer_text(&out), "flows: compiled in 78 ms, attached to eth0 ingress (tcx), "
				      "eth0 egress (clsact), passive");
	buffer_free(&out);
}

TEST(the_end_adds_up_every_verdict)
{
	struct skbscope_verdict_count verdicts[] = {
		{ "count", 0, 20 },
		{ "count", -1, 3 },
	};
	struct skbscope_snapshot snapshot = {
		.program = "flows",
		.hooks = hooks,
		.hook_count = 1,
		.verdicts = verdicts,
		.verdict_count = 2,
	};
	struct summary summary = { .start_ns = 1000000000, .end_ns = 6000000000, .readings = 5 };
	struct buffer out = { 0 };

	summary_end(&snapshot, &summary, &out);
	CHECK_TEXT(buffer_text(&out),
		   "flows: 23 packets seen in 5.0 s, 5 readings; detached from eth0 ingress");
	CHECK(!summary_has_losses(&snapshot));
	buffer_clear(&out);
	summary.still_attached = true;
	summary_end(&snapshot, &summary, &out);
	CHECK_TEXT(buffer_text(&out), "flows: 23 packets seen in 5.0 s, 5 readings");
	buffer_free(&out);
}

TEST(nothing_is_said_to_be_detached_that_was_gone)
{
	struct skbscope_hook_state gone[3] = { hooks[0], hooks[1], hooks[0] };
	struct skbscope_snapshot snapshot = { .program = "flows", .hooks = gone, .hook_count = 3 };
	struct summary summary = { 0 };
	struct buffer out = { 0 };

	gone[2].interface = "eth9";
	gone[2].attached = false;
	summary_end(&snapshot, &summary, &out);
	CHECK_CONTAINS(buffer_text(&out),
		       "; detached from eth0 ingress, eth0 egress; eth9 ingress was gone");
	gone[0].attached = gone[1].attached = false;
	buffer_clear(&out);
	summary_end(&snapshot, &summary, &out);
	CHECK_CONTAINS(buffer_text(&out),
		       "0 readings; eth0 ingress, eth0 egress, eth9 ingress were gone");
	buffer_free(&out);
}

TEST(losses_are_named_and_unknown_is_not_zero)
{
	struct skbscope_loss losses[] = {
		{ "flows", "map full", 0, false },
		{ "ports", "walk incomplete", 3, true },
		{ NULL, "nothing really", 0, true },
	};
	struct skbscope_snapshot snapshot = {
		.program = "flows",
		.losses = losses,
		.loss_count = 3,
	};
	struct summary summary = { 0 };
	struct buffer out = { 0 };

	summary_end(&snapshot, &summary, &out);
	CHECK_CONTAINS(buffer_text(&out),
		       "; lost: an unknown number (flows: map full), 3 (ports: walk incomplete)");
	CHECK(summary_has_losses(&snapshot));
	snapshot.loss_count = 1;
	CHECK(summary_has_losses(&snapshot));
	snapshot.losses = &losses[2];
	CHECK(!summary_has_losses(&snapshot));
	buffer_free(&out);
}

static void check_time(uint64_t ns, const char *expected)
{
	struct buffer out = { 0 };

	summary_time(ns, &out);
	CHECK_TEXT(buffer_text(&out), expected);
	buffer_free(&out);
}

TEST(times_have_the_unit_that_suits_them)
{
	check_time(300000, "0.3 ms");
	check_time(78000000, "78 ms");
	check_time(2500000000, "2.5 s");
	check_time(200000000000, "3 min 20 s");
	check_time(7380000000000, "2 h 3 min");
}
