/* SPDX-License-Identifier: Apache-2.0 */
/* What becomes of tables, verdicts, rates and costs when a program is swapped. */
#include "swap.h"

TEST(verdicts_follow_their_function_to_another_place)
{
	static const char two[] =
		"/* @ingress count */\n" HEAD "BPF_PERCPU_ARRAY(packets, u64, 1);\n"
		"int other(struct __sk_buff *skb) { return 2; }\n"
		"int count(struct __sk_buff *skb)\n"
		"{ packets.increment(0); return 0; }\n";
	static const char renamed[] = HEAD "BPF_PERCPU_ARRAY(packets, u64, 1);\n"
					   "int tally(struct __sk_buff *skb)\n"
					   "{ packets.increment(0); return 0; }\n";
	struct fixture fixture;

	REQUIRE(fresh_network());
	REQUIRE(attached(&fixture, counter, SKBSCOPE_HOOK_AUTO));
	REQUIRE(send_packets(23));
	REQUIRE(swapped(&fixture, two, NULL));
	REQUIRE(send_packets(19));
	CHECK_NUMBER(verdicts_of(&fixture, "count"), 42);
	REQUIRE(swapped(&fixture, renamed, NULL));
	REQUIRE(send_packets(5));
	CHECK_NUMBER(verdicts_of(&fixture, "count"), 42); /* gone, but given */
	CHECK_NUMBER(verdicts_of(&fixture, "tally"), 5);
	REQUIRE(swapped(&fixture, counter, NULL));
	REQUIRE(send_packets(1));
	CHECK_NUMBER(verdicts_of(&fixture, "count"), 43);
	CHECK_NUMBER(verdicts_of(&fixture, "tally"), 5);
	CHECK_NUMBER(number(&fixture, "packets", 0), 48);
	fixture_close(&fixture);
}

TEST(many_renamed_functions_lose_no_verdict)
{
	struct skbscope_image_program programs[80]; /* one, under so many names */
	struct skbscope_image images[80];
	struct skbscope_snapshot *snapshot;
	struct fixture fixture;
	char names[80][8];
	uint64_t sum = 0;

	REQUIRE(fresh_network());
	REQUIRE(attached(&fixture, counter, SKBSCOPE_HOOK_AUTO));
	for (int i = 0; i < 80; i++) {
		snprintf(names[i], sizeof(names[i]), "f%d", i);
		programs[i] = fixture.image->programs[0];
		programs[i].name = names[i];
		images[i] = *fixture.image;
		images[i].programs = &programs[i];
		REQUIRE(send_packets(1));
		REQUIRE(skbscope_session_swap(fixture.session, &images[i], NULL, NULL,
					      fixture.diagnostics, &fixture.error) == 0);
	}
	snapshot = fixture_read(&fixture);
	REQUIRE(snapshot);
	for (size_t i = 0; i < snapshot->verdict_count; i++)
		sum += snapshot->verdicts[i].packets;
	CHECK_NUMBER(sum, 80);
	CHECK(snapshot->verdict_count < 70);
	CHECK(fixture_verdicts(snapshot, "(earlier functions)", 0) > 0);
	skbscope_snapshot_free(snapshot);
	fixture_close(&fixture);
}

TEST(a_prog_array_is_said_to_be_refilled_unless_it_is_pinned)
{
	static const char tails[] = "/* @ingress count\n * @tail jumps[0] target */\n" HEAD
				    "BPF_PROG_ARRAY(jumps, 2);\n"
				    "int target(struct __sk_buff *skb) { return 0; }\n"
				    "int count(struct __sk_buff *skb)\n"
				    "{ jumps.call(skb, 0); return 0; }\n";
	static const char more[] = "/* @ingress count\n * @tail jumps[0] target */\n" HEAD
				   "BPF_PROG_ARRAY(jumps, 3);\n"
				   "int target(struct __sk_buff *skb) { return 0; }\n"
				   "int count(struct __sk_buff *skb)\n"
				   "{ jumps.call(skb, 0); return 0; }\n";
	const struct skbscope_swap_options reset = { .size = sizeof(reset), .reset = true };
	const char *const texts[] = { tails, more, more };
	struct skbscope_swap *swap = NULL;
	struct fixture fixture;

	REQUIRE(fresh_network());
	REQUIRE(attached(&fixture, tails, SKBSCOPE_HOOK_AUTO));
	for (size_t i = 0; i < 3; i++) {
		REQUIRE(swap_text(&fixture, texts[i], i == 2 ? &reset : NULL, &swap) == 0);
		REQUIRE(swap->table_count == 1);
		CHECK_NUMBER(swap->tables[0].outcome, SKBSCOPE_TABLE_REFILLED);
		CHECK_TEXT(swap->tables[0].text, "");
		skbscope_swap_free(swap);
	}
	fixture_close(&fixture);
}

TEST(reset_starts_tables_and_verdicts_empty)
{
	const struct skbscope_swap_options options = { .size = sizeof(options), .reset = true };
	struct skbscope_swap *swap = NULL;
	struct fixture fixture;

	REQUIRE(fresh_network());
	REQUIRE(attached(&fixture, counter, SKBSCOPE_HOOK_AUTO));
	REQUIRE(send_packets(23));
	REQUIRE(swap_text(&fixture, counter, &options, &swap) == 0);
	REQUIRE(swap->table_count == 1);
	CHECK_NUMBER(swap->tables[0].outcome, SKBSCOPE_TABLE_EMPTY);
	skbscope_swap_free(swap);
	CHECK_NUMBER(number(&fixture, "packets", 0), 0);
	CHECK_NUMBER(verdicts_of(&fixture, "count"), 0);
	REQUIRE(send_packets(19));
	CHECK_NUMBER(number(&fixture, "packets", 0), 19);
	CHECK_NUMBER(verdicts_of(&fixture, "count"), 19);
	fixture_close(&fixture);
}

TEST(rates_go_on_where_the_table_does)
{
	static const char more[] = HEAD "BPF_PERCPU_ARRAY(packets, u64, 2);\n"
					"int count(struct __sk_buff *skb)\n"
					"{ packets.increment(0); return 0; }\n";
	struct skbscope_snapshot *snapshot;
	const struct skbscope_table *table;
	struct fixture fixture;

	REQUIRE(fresh_network());
	REQUIRE(attached(&fixture, counter, SKBSCOPE_HOOK_AUTO));
	REQUIRE(send_packets(23));
	skbscope_snapshot_free(fixture_read_at(&fixture, 1));
	REQUIRE(swapped(&fixture, edited, NULL));
	REQUIRE(send_packets(19));
	snapshot = fixture_read_at(&fixture, 2);
	table = fixture_table(snapshot, "packets");
	REQUIRE(table && table->rates && table->row_count == 1);
	CHECK_NEAR(table->rates[0], 19);
	CHECK_NUMBER(snapshot->generation, 2);
	/* The table that is new has no rate yet. */
	table = fixture_table(snapshot, "lengths");
	REQUIRE(table && table->rates && table->row_count == 1);
	CHECK(isnan(table->rates[0]));
	skbscope_snapshot_free(snapshot);

	REQUIRE(swapped(&fixture, more, NULL));
	snapshot = fixture_read_at(&fixture, 3);
	CHECK_NUMBER(fixture_number(snapshot, "packets", 0), 42);
	table = fixture_table(snapshot, "packets");
	REQUIRE(table && table->rates);
	CHECK(isnan(table->rates[0]));
	skbscope_snapshot_free(snapshot);
	snapshot = fixture_read_at(&fixture, 4);
	table = fixture_table(snapshot, "packets");
	REQUIRE(table && table->rates);
	CHECK_NEAR(table->rates[0], 0);
	skbscope_snapshot_free(snapshot);
	fixture_close(&fixture);
}

TEST(a_line_says_what_was_migrated_and_what_was_not)
{
	static const char before[] =
		HEAD "struct seen { u32 bytes; u64 gone; };\n"
		     "BPF_HASH(flows, u32, struct seen);\n"
		     "BPF_HASH(other, u32, u64);\n"
		     "int count(struct __sk_buff *skb)\n"
		     "{ struct seen zero = {}, *s; u32 key = skb->len; u64 one = 1;\n"
		     "  s = flows.lookup_or_try_init(&key, &zero); if (s) s->bytes += skb->len;\n"
		     "  other.update(&key, &one); return 0; }\n";
	static const char after[] =
		HEAD "struct seen { u64 drops; u64 bytes; };\n"
		     "BPF_HASH(flows, u32, struct seen);\n"
		     "BPF_QUEUE(other, u64, 23);\n"
		     "int count(struct __sk_buff *skb)\n"
		     "{ struct seen zero = {}, *s; u32 key = skb->len; u64 one = 1;\n"
		     "  s = flows.lookup_or_try_init(&key, &zero); if (s) s->bytes += skb->len;\n"
		     "  other.push(&one, 0); return 0; }\n";
	struct skbscope_swap *swap = NULL;
	struct fixture fixture;

	REQUIRE(fresh_network());
	REQUIRE(attached(&fixture, before, SKBSCOPE_HOOK_AUTO));
	REQUIRE(send_packets(23));
	REQUIRE(swapped(&fixture, after, &swap));
	REQUIRE(swap->table_count == 2);
	CHECK_NUMBER(swap->tables[0].outcome, SKBSCOPE_TABLE_MIGRATED);
	CHECK_NUMBER(swap->tables[0].rows, 1);
	CHECK_CONTAINS(swap->tables[0].text, "bytes");
	CHECK_CONTAINS(swap->tables[0].text, "drops");
	CHECK_CONTAINS(swap->tables[0].text, "gone");
	CHECK_NUMBER(swap->tables[1].outcome, SKBSCOPE_TABLE_REFUSED);
	CHECK(swap->tables[1].text[0]);
	skbscope_swap_free(swap);
	fixture_close(&fixture);
}

#define PIN "/sys/fs/bpf/skbscope-test-swap"
#define PINNED(entries)                                                                            \
	HEAD "BPF_TABLE_PINNED(\"array\", u32, u64, packets, " entries ", \"" PIN "\");\n"         \
	     "int count(struct __sk_buff *skb) { packets.increment(0); return 0; }\n"

static bool mount_bpffs(void)
{
	return private_run() && (mount("bpf", "/sys/fs/bpf", "bpf", 0, NULL) == 0);
}

TEST(a_pinned_table_keeps_its_pin_and_a_failed_swap_makes_none)
{
	const struct skbscope_swap_options reset = { .size = sizeof(reset), .reset = true };
	struct skbscope_swap *swap = NULL;
	struct fixture fixture;
	int r;

	REQUIRE(fresh_network());
	REQUIRE(mount_bpffs());
	/* What fails after the pin was made takes it back. */
	REQUIRE(attached(&fixture, counter, SKBSCOPE_HOOK_AUTO));
	r = swap_text(&fixture,
		      HEAD "BPF_TABLE_PINNED(\"hash\", u32, u64, packets, 1, \"" PIN "\");\n"
			   "int count(struct __sk_buff *skb)\n"
			   "{ u32 k = 0; u64 *p = packets.lookup(&k); *p += 1; return 0; }\n",
		      NULL, NULL);
	CHECK_NUMBER(r, -EACCES);
	CHECK(access(PIN, F_OK) < 0);
	/* A table that becomes a pinned one brings its rows. */
	REQUIRE(send_packets(23));
	REQUIRE(swapped(&fixture, PINNED("1"), &swap));
	CHECK_NUMBER(swap->tables[0].outcome, SKBSCOPE_TABLE_MIGRATED);
	skbscope_swap_free(swap);
	CHECK(access(PIN, F_OK) == 0);
	CHECK_NUMBER(number(&fixture, "packets", 0), 23);
	/* The same pin is the same table, and is not emptied. */
	REQUIRE(swap_text(&fixture, PINNED("1"), &reset, &swap) == 0);
	CHECK_NUMBER(swap->tables[0].outcome, SKBSCOPE_TABLE_KEPT);
	CHECK_CONTAINS(swap->tables[0].text, "not emptied");
	skbscope_swap_free(swap);
	REQUIRE(send_packets(19));
	CHECK_NUMBER(number(&fixture, "packets", 0), 42);
	/* Another shape under the same pin cannot be. */
	r = swap_text(&fixture, PINNED("2"), NULL, NULL);
	CHECK_NUMBER(r, -EEXIST);
	CHECK_CONTAINS(fixture.error.message, PIN);
	CHECK(access(PIN, F_OK) == 0);
	REQUIRE(send_packets(1));
	CHECK_NUMBER(number(&fixture, "packets", 0), 43);
	fixture_close(&fixture);
	CHECK(access(PIN, F_OK) == 0);
	CHECK(unlink(PIN) == 0);
	CHECK(umount("/sys/fs/bpf") == 0);
}

static const struct skbscope_function_cost *cost_of(const struct skbscope_function_cost *costs,
						    size_t count, const char *function)
{
	for (size_t i = 0; i < count; i++)
		if (strcmp(costs[i].function, function) == 0)
			return &costs[i];
	return NULL;
}

TEST(costs_are_measured_before_and_after)
{
	static const char dear[] =
		HEAD "BPF_PERCPU_ARRAY(packets, u64, 1);\n"
		     "int count(struct __sk_buff *skb)\n"
		     "{ u64 now = 0;\n"
		     "  for (int i = 0; i < 500; i++) now += bpf_ktime_get_ns();\n"
		     "  if (now) packets.increment(0);\n"
		     "  return 0; }\n";
	const struct skbscope_function_cost *cost;
	struct skbscope_costs *costs = NULL;
	struct skbscope_swap *swap = NULL;
	static const char *const lo = "lo";
	struct fixture fixture;

	REQUIRE(fresh_network());
	REQUIRE(fixture_opened(&fixture, counter,
			       (struct skbscope_session_options){ .measure = true }));
	REQUIRE(attach_to(&fixture, &lo, 1, SKBSCOPE_HOOK_AUTO) == 0);
	REQUIRE(skbscope_session_costs(fixture.session, &costs, &fixture.error) == 0);
	cost = cost_of(costs->functions, costs->count, "count");
	REQUIRE(cost);
	CHECK(isnan(cost->run_ns_before) && isnan(cost->run_ns_after));
	CHECK((cost->verified_after > 0) == fixture_tells_verified());
	CHECK_NUMBER(cost->verified_before, 0);
	skbscope_costs_free(costs);
	REQUIRE(send_packets(123));
	REQUIRE(swapped(&fixture, dear, &swap));
	cost = cost_of(swap->costs, swap->cost_count, "count");
	REQUIRE(cost);
	CHECK(cost->run_ns_before > 0);
	CHECK_NUMBER(cost->runs_before, 123);
	CHECK(isnan(cost->run_ns_after));
	CHECK((cost->verified_before > 0) == fixture_tells_verified());
	CHECK((cost->verified_after > cost->verified_before) == fixture_tells_verified());
	skbscope_swap_free(swap);
	REQUIRE(send_packets(77));
	REQUIRE(skbscope_session_costs(fixture.session, &costs, &fixture.error) == 0);
	cost = cost_of(costs->functions, costs->count, "count");
	REQUIRE(cost);
	CHECK_NUMBER(cost->runs_after, 77);
	CHECK_NUMBER(cost->runs_before, 123);
	CHECK(cost->run_ns_after > 3 * cost->run_ns_before);
	CHECK(!cost->same_code);
	skbscope_costs_free(costs);
	REQUIRE(swapped(&fixture, dear, &swap));
	CHECK(cost_of(swap->costs, swap->cost_count, "count")->same_code);
	skbscope_swap_free(swap);
	fixture_close(&fixture);
}

/* A table that no map gives: one row that counts. */
static int read_tally(void *context, const struct skbscope_read_options *options,
		      struct table_rows *out)
{
	const uint32_t key = 0;

	(void)options;
	return table_rows_append(out, &key, context);
}

static void close_tally(void *context)
{
	*(uint64_t *)context = 0;
}

TEST(a_table_made_in_user_space_goes_on_across_swaps_and_ends_with_the_session)
{
	static const struct skbscope_type u32 = { .kind = SKBSCOPE_KIND_INTEGER,
						  .name = "u32",
						  .bits = 32 };
	static const struct skbscope_type u64 = {
		.kind = SKBSCOPE_KIND_INTEGER, .name = "u64", .bits = 64, .adds_up = true
	};
	static const struct table_description description = {
		.table = "tally", .kind = "tally", .key = &u32, .value = &u64, .max_entries = 1
	};
	static const char taken[] = HEAD "BPF_HASH(tally, u32, u64);\n"
					 "int count(struct __sk_buff *skb)\n"
					 "{ tally.increment(0); return 0; }\n";
	struct table_source source = { .since = 1, .read = read_tally, .close = close_tally };
	struct skbscope_snapshot *snapshot;
	struct schema_set *set = NULL;
	struct fixture fixture;
	uint64_t tally = 23;

	fixture_needs_root();
	REQUIRE(fixture_opened(&fixture, counter, (struct skbscope_session_options){ 0 }));
	REQUIRE(schema_set_new_table(&description, &set) == 0);
	source.schema = schema_set_table(set, 0);
	source.context = &tally;
	REQUIRE(session_add_table(fixture.session, &source, &fixture.error) == 0);
	CHECK_NUMBER(session_add_table(fixture.session, &source, &fixture.error), -EEXIST);
	CHECK_CONTAINS(fixture.error.message, "'tally'");
	skbscope_snapshot_free(fixture_read_at(&fixture, 1));
	REQUIRE(swapped(&fixture, edited, NULL));
	CHECK_NUMBER(swap_text(&fixture, taken, NULL, NULL), -EEXIST);
	tally += 46;
	snapshot = fixture_read_at(&fixture, 3);
	REQUIRE(snapshot && snapshot->table_count == 3);
	CHECK_NUMBER(fixture_number(snapshot, "tally", 0), 69);
	CHECK_NEAR(fixture_table(snapshot, "tally")->rates[0], 23);
	skbscope_snapshot_free(snapshot);
	fixture_close(&fixture);
	CHECK_NUMBER(tally, 0);
	schema_set_unref(set);
}
