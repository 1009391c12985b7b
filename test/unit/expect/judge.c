/* SPDX-License-Identifier: Apache-2.0 */
/* What is expected against what came: no kernel, outcomes are spelled out. */
#include "expect/judge.h"

#include "parsed.h"

struct key {
	uint32_t address; /* network order */
	uint16_t port, pad;
};
struct value {
	uint64_t packets;
	char name[8];
};

static const struct skbscope_type u64 = { .kind = SKBSCOPE_KIND_INTEGER,
					  .name = "u64",
					  .bits = 64 };
static const struct skbscope_type u16 = { .kind = SKBSCOPE_KIND_INTEGER,
					  .name = "u16",
					  .bits = 16 };
static const struct skbscope_type ipv4 = { .kind = SKBSCOPE_KIND_INTEGER,
					   .name = "ipv4_t",
					   .display = SKBSCOPE_DISPLAY_IPV4,
					   .bits = 32 };
static const struct skbscope_type character = { .kind = SKBSCOPE_KIND_INTEGER,
						.name = "char",
						.bits = 8 };
static const struct skbscope_type text = { .kind = SKBSCOPE_KIND_ARRAY,
					   .display = SKBSCOPE_DISPLAY_TEXT,
					   .name = "char[8]",
					   .bits = 64,
					   .element = &character,
					   .count = 8 };
static const struct skbscope_column columns[] = {
	{ .name = "saddr", .type = &ipv4, .bit_size = 32, .is_key = true },
	{ .name = "port", .type = &u16, .bit_offset = 32, .bit_size = 16, .is_key = true },
	{ .name = "packets", .type = &u64, .bit_size = 64 },
	{ .name = "name", .type = &text, .bit_offset = 64, .bit_size = 64 },
};
static const struct skbscope_schema flows = { .table = "flows",
					      .map_type = "hash",
					      .key_size = sizeof(struct key),
					      .value_size = sizeof(struct value),
					      .readable = true,
					      .columns = columns,
					      .column_count = 4 };
static const struct skbscope_schema slots = { .table = "slots",
					      .map_type = "array",
					      .key_size = sizeof(struct key),
					      .value_size = sizeof(struct value),
					      .readable = true,
					      .is_array = true,
					      .columns = columns,
					      .column_count = 4 };
static const struct skbscope_schema seen = { .table = "seen",
					     .map_type = "ringbuf",
					     .value_size = sizeof(struct value),
					     .is_events = true,
					     .columns = columns + 2,
					     .column_count = 2 };

/* What came, unless a test says otherwise. */
#define ADDRESS(last)                                                                              \
	(__BYTE_ORDER__ == __ORDER_BIG_ENDIAN__ ? 0x0a000000u + (last) : (last##u << 24) + 0x0a)
static const struct key keys[] = { { ADDRESS(1), 80, 0 }, { ADDRESS(2), 443, 0 } };
static const struct value values[] = { { 3, "web" }, { 5, "a \"b" } };
static const struct key slot_keys[] = { { 0, 0, 0 }, { 0, 1, 0 } };
static const struct value slot_values[] = { { 0, "" }, { 7, "" } };
static const struct skbscope_table tables[] = {
	{ &flows, .row_count = 2, (const void *)keys, (const void *)values, .complete = true },
	{ &slots, .row_count = 2, (const void *)slot_keys, (const void *)slot_values,
	  .complete = true },
	{ &seen, .received = 3, .lost = 1 },
};
static const struct skbscope_verdict_count verdicts[] = { { "f", 0, 3 },
							  { "f", 2, 1 },
							  { "g", 2, 1 } };
static const struct skbscope_snapshot snapshot = {
	.tables = tables, .table_count = 3, .verdicts = verdicts, .verdict_count = 3
};
static const int32_t each[] = { 0, 2, INT32_MAX };
static const struct outcome_event events[] = {
	{ &seen, (const void *)&values[0], sizeof(struct value) },
	{ &seen, (const void *)&values[1], 8 }, /* shorter than its struct */
	{ &seen, (const void *)&values[0], sizeof(struct value) },
};
static const char *const prints[] = { "hello 1", "hello 2" };
static const struct outcome usual = { .snapshot = &snapshot,
				      .events = events,
				      .event_count = 3,
				      .prints = prints,
				      .print_count = 2,
				      .verdicts = each,
				      .verdict_count = 3 };

/* "LINE WHAT [HINT]" and the lines of each finding; "" for none. */
static void judged(const struct outcome *outcome, const char *expected, struct buffer *out)
{
	static const char marks[] = " -+";
	AUTO(buffer_free) struct buffer said = { 0 };
	AUTO(buffer_free) struct buffer whole = { 0 };
	AUTO(arena_freep) struct arena *arena = arena_new();
	struct judgement judgement = { .arena = arena };
	AUTO(test_file_freep) struct test_file *file = NULL;

	buffer_printf(&whole, HEAD "%s\n", expected);
	file = parsed(buffer_text(&whole), &said);
	CHECK_TEXT(buffer_text(&said), "");
	buffer_clear(out);
	REQUIRE(file && arena);
	CHECK_NUMBER(judge(&file->cases[0], outcome, &judgement), 0);
	for (size_t i = 0; i < judgement.count; i++) {
		const struct finding *finding = &judgement.findings[i];

		buffer_printf(out, "%u %s", finding->line, finding->what);
		if (finding->hint)
			buffer_printf(out, " [%s]", finding->hint);
		buffer_string(out, "\n");
		for (size_t j = 0; j < finding->count; j++)
			buffer_printf(out, "%c %s\n", marks[finding->lines[j].side],
				      finding->lines[j].text);
	}
	if (judgement.mistaken)
		buffer_string(out, "mistaken\n");
}

static void passes(const char *expected)
{
	AUTO(buffer_free) struct buffer out = { 0 };

	judged(&usual, expected, &out);
	CHECK_TEXT(buffer_text(&out), "");
}

static void fails(const char *expected, const char *findings)
{
	AUTO(buffer_free) struct buffer out = { 0 };

	judged(&usual, expected, &out);
	CHECK_TEXT(buffer_text(&out), findings);
}

TEST(rows_have_no_order_and_values_have_types)
{
	passes("expect table flows\n\tsaddr=10.0.0.2 packets=5\n\tsaddr=10.0.0.1 port=80 name=web");
	passes("expect table flows\n\tname=\"a \\\"b\" packets=0x5\n\tpackets=3");
	passes("expect table flows\n\tpackets>=3\n\tpackets=3"); /* the first leaves it the second
								  */
	passes("expect table flows among others packets<4");
	passes("expect table flows 2 rows\nexpect table flows >= 1 row\nexpect table flows != 3");
}

TEST(a_row_that_differs_is_shown_beside_what_is_expected)
{
	fails("expect table flows\n\tsaddr=10.0.0.1 packets=4\n\tsaddr=10.0.0.2 packets=5",
	      "4 flows: 1 row differs\n- saddr=10.0.0.1 packets=4\n+ saddr=10.0.0.1 packets=3\n");
	fails("expect table flows  saddr=10.0.0.9 packets>4",
	      "4 flows: 1 row is missing, 2 rows are not expected\n- saddr=10.0.0.9 packets>4\n"
	      "+ saddr=10.0.0.1 port=80 packets=3 name=web\n"
	      "+ saddr=10.0.0.2 port=443 packets=5 name=\"a \\\"b\"\n");
	fails("expect table flows among others\n\tpackets=3\n\tpackets=3",
	      "4 flows: 1 row is missing\n- packets=3\n");
	fails("expect table flows 3 rows", "4 flows: rows\n- 3 rows\n+ 2 rows\n");
}

TEST(slots_of_an_array_that_hold_nothing_are_no_rows)
{
	passes("expect table slots  port=1 packets=7");
	passes("expect table slots\n\tport=0 packets=0\n\tport=1 packets=7");
	passes("expect table slots 1 row");
}

TEST(what_the_program_does_not_have_is_a_mistake)
{
	fails("expect table flow 1 row",
	      "4 the program has no table 'flow' [did you mean flows?]\nmistaken\n");
	fails("expect table zzz 1 row", "4 the program has no table 'zzz' [its tables are flows, "
					"slots, seen]\nmistaken\n");
	fails("expect table flows  packet=1",
	      "4 flows has no column 'packet' [did you mean packets?]\nmistaken\n");
	fails("expect table flows\n\tpackets=1\n\tport=http",
	      "6 port=http: 'port' takes a number from 0 to 65535, not 'http'\nmistaken\n");
	fails("expect table seen 1 row",
	      "4 'seen' has events and no rows [write: expect events]\nmistaken\n");
	fails("expect events flows 1",
	      "4 nothing is submitted to 'flows' [of a table that is read, "
	      "write: expect table]\nmistaken\n");
}

TEST(events_and_prints_have_an_order)
{
	passes("expect events seen\n\tpackets=3 name=web\n\tpackets=5\n\tpackets=3");
	passes("expect events seen among others\n\tpackets=5\n\tname=web");
	passes("expect events seen 4 events"); /* one of them was lost */
	passes("expect prints\n\thello 1\n\thello 2\nexpect prints 2");
	passes("expect prints among others hello 2");
	fails("expect events seen among others\n\tpackets=5\n\tpackets=5",
	      "4 seen: 1 event is missing\n- packets=5\n  packets=5\n");
	fails("expect events seen\n\tname=web\n\tname=web",
	      "4 seen: 1 event is not expected\n  name=web\n+ packets=5 name=-\n  name=web\n");
	fails("expect prints\n\thello 1\n\thello 3",
	      "4 prints: 1 print is missing, 1 print is not expected\n  hello 1\n- hello 3\n"
	      "+ hello 2\n");
}

TEST(verdicts_are_counted_over_functions_and_none_is_left_out)
{
	passes("expect verdicts OK=3 SHOT=2\nexpect packets 5");
	passes("expect verdicts OK>1 shot<=2");
	fails("expect verdicts OK=3", "4 verdicts\n- OK=3\n+ OK=3 SHOT=2\n");
	fails("expect verdicts OK=3 SHOT=2 PIPE=1",
	      "4 verdicts\n- OK=3 SHOT=2 PIPE=1\n+ OK=3 SHOT=2 PIPE=0\n");
	fails("expect verdicts OK SHOT OK",
	      "4 verdicts, packet by packet\n- OK SHOT OK\n+ OK SHOT -\n");
	fails("expect packets >= 6", "4 packets\n- >= 6 packets\n+ 5 packets\n");
}

TEST(losses_that_nobody_expects_fail_a_case)
{
	static const struct skbscope_loss lost[] = { { "flows", "map full", 0, false },
						     { NULL, "too long", 2, true } };
	const struct skbscope_snapshot with_losses = {
		.tables = tables, .table_count = 3, .losses = lost, .loss_count = 2
	};
	struct outcome outcome = usual;
	AUTO(buffer_free) struct buffer out = { 0 };

	outcome.snapshot = &with_losses;
	judged(&outcome, "expect table flows 2 rows", &out);
	CHECK_TEXT(buffer_text(&out),
		   "1 not counted: an unknown number (flows: map full), 2 (too "
		   "long) [where that is what is tested, write: expect losses]\n");
	judged(&outcome, "expect losses", &out);
	CHECK_TEXT(buffer_text(&out), "");
	judged(&outcome, "expect losses 2", &out);
	CHECK_TEXT(buffer_text(&out), "");
	fails("expect losses", "4 losses\n- some\n+ none\n");
}

TEST(a_program_that_does_not_run_is_what_may_be_expected)
{
	AUTO(buffer_free) struct buffer out = { 0 };
	struct skbscope_diagnostics *diagnostics;
	struct skbscope_error error = { .code = -22,
					.stage = SKBSCOPE_STAGE_COMPILE,
					.message = "x does not compile" };
	const struct outcome outcome = { .error = &error, .diagnostics = NULL };
	struct outcome at_line = { .error = &error };

	CHECK_NUMBER(skbscope_diagnostics_new(&diagnostics), 0);
	CHECK_NUMBER(skbscope_diagnostics_add(
			     diagnostics,
			     &(struct skbscope_diagnostic){ .severity = SKBSCOPE_SEVERITY_ERROR,
							    .line = 7,
							    .message = "use of foo",
							    .hint = "declare it" }),
		     0);
	at_line.diagnostics = diagnostics;
	judged(&at_line, "expect compile error line 7 \"Use of\"", &out);
	CHECK_TEXT(buffer_text(&out), "");
	judged(&at_line, "expect compile error", &out);
	CHECK_TEXT(buffer_text(&out), "");
	judged(&at_line, "expect compile error line 8", &out);
	CHECK_TEXT(buffer_text(&out),
		   "4 the program [declare it]\n- it does not compile, line 8\n+ it "
		   "does not compile, line 7: use of foo\n");
	judged(&at_line, "expect refused", &out);
	CHECK_CONTAINS(buffer_text(&out),
		       "- the verifier refuses it\n+ it does not compile, line 7");
	judged(&at_line, "expect packets 3\nexpect packets 4", &out);
	CHECK_TEXT(buffer_text(&out),
		   "1 the program [declare it]\n+ it does not compile, line 7: use "
		   "of foo\n");
	judged(&outcome, "expect compile error \"does not\"", &out);
	CHECK_TEXT(buffer_text(&out), "");
	fails("expect refused", "4 the program\n- the verifier refuses it\n+ it runs\n");
	skbscope_diagnostics_free(diagnostics);
}

TEST(only_what_is_asked_for_is_kept)
{
	AUTO(buffer_free) struct buffer said = { 0 };
	AUTO(test_file_freep)
	struct test_file *file = parsed(HEAD "expect events seen\n\tpackets=1\n"
					     "expect events other 3\nexpect verdicts OK=1\n",
					&said);

	REQUIRE(file);
	CHECK(outcome_needs_events(&file->cases[0], "seen"));
	CHECK(!outcome_needs_events(&file->cases[0], "other"));
	CHECK(!outcome_needs_events(&file->cases[0], NULL));
	CHECK(!outcome_needs_verdicts(&file->cases[0]));
}
