/* SPDX-License-Identifier: Apache-2.0 */
/*
 * An array has no slot for an index beyond its last: what is counted and what is told as
 * lost is what the program would have counted, however it does that, across swaps.
 */
#include "swap.h"

#define HEADER HEAD "#define SLOTS 8\n"

/* Each way to count, with an index that has a slot and one that has none. */
#define COUNTING                                                                                   \
	"BPF_ARRAY(atomic, u64, SLOTS);\n"                                                         \
	"BPF_PERCPU_ARRAY(plain, u64, SLOTS);\n"                                                   \
	"BPF_ARRAY(made, u64, SLOTS);\n"                                                           \
	"BPF_ARRAY(set, u64, SLOTS);\n"                                                            \
	"BPF_ARRAY(two, u64, SLOTS);\n"                                                            \
	"BPF_ARRAY(known, u64, SLOTS);\n"                                                          \
	"BPF_ARRAY(asked, u64, SLOTS);\n"                                                          \
	"int f(struct __sk_buff *skb)\n"                                                           \
	"{\n"                                                                                      \
	"	int index = skb->len, zero = 0;\n"                                                       \
	"	u64 none = 0, one = 1, *value;\n"                                                        \
	"	atomic.atomic_increment(index);\n"                                                       \
	"	value = plain.lookup(&index);\n"                                                         \
	"	if (value)\n"                                                                            \
	"		(*value)++;\n"                                                                          \
	"	value = made.lookup_or_try_init(&index, &none);\n"                                       \
	"	if (value)\n"                                                                            \
	"		lock_xadd(value, 1);\n"                                                                 \
	"	set.update(&index, &one);\n"                                                             \
	"	two.atomic_increment(index);\n"                                                          \
	"	two.atomic_increment(zero);\n"                                                           \
	"	index = skb->len;\n"                                                                     \
	"	two.atomic_increment(index);\n"                                                          \
	"	known.atomic_increment(zero);\n"                                                         \
	"	value = asked.lookup(&index);\n"                                                         \
	"	return value && *value;\n"                                                               \
	"}\n"

static const char counting[] = HEADER COUNTING;
static const char edited_again[] = HEADER "BPF_HASH(more, u32, u64);\n" COUNTING;
static const char large[] = HEAD "#define SLOTS 256\n" COUNTING;

static uint64_t lost(struct fixture *fixture, const char *table)
{
	struct skbscope_snapshot *snapshot = fixture_read(fixture);
	uint64_t sum = 0;

	for (size_t i = 0; snapshot && i < snapshot->loss_count; i++) {
		const struct skbscope_loss *loss = &snapshot->losses[i];

		if (!loss->table || strcmp(loss->table, table) != 0)
			continue;
		CHECK_TEXT(loss->what, "indexes beyond the last slot");
		CHECK(loss->known);
		sum += loss->count;
	}
	skbscope_snapshot_free(snapshot);
	return sum;
}

static void check_lost(struct fixture *fixture, uint64_t packets)
{
	CHECK_NUMBER(lost(fixture, "atomic"), packets);
	CHECK_NUMBER(lost(fixture, "plain"), packets);
	CHECK_NUMBER(lost(fixture, "made"), packets);
	CHECK_NUMBER(lost(fixture, "set"), packets);
	CHECK_NUMBER(lost(fixture, "two"), 2 * packets);
	CHECK_NUMBER(lost(fixture, "known"), 0);
	CHECK_NUMBER(lost(fixture, "asked"), 0); /* nothing would have been counted there */
}

TEST(an_index_without_a_slot_is_counted_once_however_it_is_used)
{
	struct fixture fixture;

	fixture_needs_root();
	REQUIRE(fixture_opened(&fixture, counting, (struct skbscope_session_options){ 0 }));
	check_lost(&fixture, 0);
	CHECK(fixture_feed(&fixture, "f", 23) != INT32_MAX);
	check_lost(&fixture, 23);
	CHECK_NUMBER(number(&fixture, "two", 0), 23);
	CHECK_NUMBER(number(&fixture, "known", 0), 23);
	fixture_close(&fixture);
}

TEST(an_index_that_has_a_slot_is_none)
{
	struct fixture fixture;

	fixture_needs_root();
	REQUIRE(fixture_opened(&fixture, large, (struct skbscope_session_options){ 0 }));
	CHECK(fixture_feed(&fixture, "f", 23) != INT32_MAX);
	check_lost(&fixture, 0);
	CHECK_NUMBER(number(&fixture, "atomic", FIXTURE_FRAME_BYTES), 23);
	CHECK_NUMBER(number(&fixture, "plain", FIXTURE_FRAME_BYTES), 23);
	fixture_close(&fixture);
}

TEST(the_count_goes_on_across_swaps)
{
	struct fixture fixture;

	REQUIRE(fresh_network());
	REQUIRE(attached(&fixture, counting, SKBSCOPE_HOOK_AUTO));
	REQUIRE(send_packets(5));
	REQUIRE(swapped(&fixture, edited_again, NULL));
	REQUIRE(send_packets(7));
	check_lost(&fixture, 12);
	REQUIRE(swapped(&fixture, counter, NULL)); /* which has none of the tables */
	REQUIRE(send_packets(3));
	check_lost(&fixture, 12);
	fixture_close(&fixture);
}

TEST(a_function_that_does_not_ask_is_refused_as_before)
{
	static const char text[] = HEAD "BPF_ARRAY(slots, u64, 8);\n"
					"int f(struct __sk_buff *skb)\n"
					"{\n"
					"	int index = skb->len;\n"
					"	u64 *value = slots.lookup(&index);\n"
					"	*value += 1;\n"
					"	return 0;\n"
					"}\n";
	struct fixture fixture;

	fixture_needs_root();
	fixture_open(&fixture, text, (struct skbscope_session_options){ 0 });
	CHECK(fixture.result < 0);
	CHECK_NUMBER(fixture.error.stage, SKBSCOPE_STAGE_VERIFY);
	CHECK_CONTAINS(skbscope_diagnostics_log(fixture.diagnostics), "map_value_or_null");
	fixture_close(&fixture);
}
