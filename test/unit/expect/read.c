/* SPDX-License-Identifier: Apache-2.0 */
/* A file of tests as it is read, and what is said of mistakes in it. */
#include "parsed.h"

TEST(a_file_without_cases_is_one)
{
	AUTO(buffer_free) struct buffer said = { 0 };
	AUTO(test_file_freep)
	struct test_file *file = parsed(HEAD "expect packets 1\n", &said);

	CHECK_TEXT(buffer_text(&said), "");
	REQUIRE(file && file->case_count == 1);
	CHECK_TEXT(file->cases[0].name, "x.test");
	CHECK_TEXT(file->cases[0].program, "./x.c");
	CHECK_NUMBER(file->cases[0].feed_count, 1);
	CHECK_NUMBER(file->cases[0].expectations[0].count.number, 1);
}

TEST(a_byte_order_mark_is_passed_over)
{
	AUTO(buffer_free) struct buffer said = { 0 };
	AUTO(test_file_freep)
	struct test_file *file = parsed("\xef\xbb\xbf" HEAD "expect packets 1\n", &said);

	CHECK_TEXT(buffer_text(&said), "");
	REQUIRE(file && file->case_count == 1);
}

TEST(what_stands_before_the_first_case_is_part_of_each)
{
	AUTO(buffer_free) struct buffer said = { 0 };
	AUTO(test_file_freep)
	struct test_file *file = parsed(HEAD "define A=1\ndefine B=1\nwith y.c\n"
					     "filter tcp port 80 # only those\n"
					     "set a[{1, 2}]={b = 3} # as it stands\n"
					     "case one\ndefine A=2\ndefine C\nset a=@f\n"
					     "expect packets 1\n"
					     "case two\nprogram other\npacket" FRAME
					     "expect packets 2\nexpect losses\n"
					     "case three\nexpect prints 0\n",
					&said);

	CHECK_TEXT(buffer_text(&said), "");
	REQUIRE(file && file->case_count == 3);
	CHECK_TEXT(file->cases[0].filter, "tcp port 80");
	CHECK_NUMBER(file->cases[0].defines.count, 3);
	CHECK_TEXT(file->cases[0].defines.items[0], "A=2");
	CHECK_TEXT(file->cases[1].defines.items[0], "A=1");
	CHECK_NUMBER(file->cases[1].defines.count, 2);
	CHECK_TEXT(file->cases[1].program, "other");
	CHECK_NUMBER(file->cases[1].feed_count, 2);
	CHECK_NUMBER(file->cases[1].expectation_count, 2);
	CHECK_NUMBER(file->cases[2].feed_count, 1);
	CHECK_NUMBER(file->cases[2].expectation_count, 1);
	CHECK_TEXT(file->cases[2].name, "three");
	CHECK_NUMBER(file->cases[0].sets.count, 2);
	CHECK_TEXT(file->cases[0].sets.items[1], "a=@f");
	CHECK_NUMBER(file->cases[1].sets.count, 1);
	CHECK_TEXT(file->cases[1].sets.items[0], "a[{1, 2}]={b = 3}");
	CHECK_NUMBER(file->cases[2].line, 20);
}

TEST(what_is_expected_is_read_word_by_word)
{
	AUTO(buffer_free) struct buffer said = { 0 };
	AUTO(test_file_freep)
	struct test_file *file =
		parsed(HEAD "expect packets >= 3 packets\n"
			    "expect verdicts ok=3 TC_ACT_SHOT >= 1\n"
			    "expect verdicts OK OK other\n"
			    "expect table flows among others saddr = 10.0.0.1 packets>=2\n"
			    "\t{saddr=10.0.0.2, name=\"a \\\" b\", list=[1 2 3]}\n"
			    "expect table flows 5 rows\n"
			    "expect events seen != 2\n"
			    "expect prints\n\thello 1, \"you\"\n\t\"  blanks\"\n"
			    "expect losses 2\n",
		       &said);
	const struct expectation *e;

	CHECK_TEXT(buffer_text(&said), "");
	REQUIRE(file && file->cases[0].expectation_count == 8);
	e = file->cases[0].expectations;
	CHECK_NUMBER(e[0].count.relation, RELATION_AT_LEAST);
	CHECK_NUMBER(e[0].count.number, 3);
	CHECK_NUMBER(e[1].kind, EXPECT_VERDICTS);
	CHECK_NUMBER(e[1].verdicts[0].verdict, 0);
	CHECK_NUMBER(e[1].verdicts[1].verdict, 2);
	CHECK_NUMBER(e[1].verdicts[1].relation, RELATION_AT_LEAST);
	CHECK_NUMBER(e[2].kind, EXPECT_VERDICT_LIST);
	CHECK_NUMBER(e[2].verdict_count, 3);
	CHECK_NUMBER(e[2].verdicts[2].verdict, INT32_MIN);
	CHECK(e[3].among);
	REQUIRE(e[3].row_count == 2);
	CHECK_TEXT(e[3].rows[0].cells[0].column, "saddr");
	CHECK_TEXT(e[3].rows[0].cells[0].text, "10.0.0.1");
	CHECK_TEXT(e[3].rows[0].cells[1].text, "2");
	REQUIRE(e[3].rows[1].count == 3);
	CHECK_TEXT(e[3].rows[1].cells[0].text, "10.0.0.2");
	CHECK_TEXT(e[3].rows[1].cells[1].text, "a \" b");
	CHECK_TEXT(e[3].rows[1].cells[2].text, "[1 2 3]");
	CHECK_NUMBER(e[4].count.number, 5);
	CHECK_NUMBER(e[5].count.relation, RELATION_UNEQUAL);
	REQUIRE(e[6].texts.count == 2);
	CHECK_TEXT(e[6].texts.items[0], "hello 1, \"you\"");
	CHECK_TEXT(e[6].texts.items[1], "  blanks");
	CHECK_NUMBER(e[7].count.number, 2);
}

TEST(a_program_that_is_not_to_run_needs_no_packet)
{
	AUTO(buffer_free) struct buffer said = { 0 };
	AUTO(test_file_freep)
	struct test_file *file =
		parsed("case one\nprogram ./x.c\nexpect compile error line 4 \"not declared\"\n"
		       "case two\nprogram ./x.c\nexpect refused\n",
		       &said);

	CHECK_TEXT(buffer_text(&said), "");
	REQUIRE(file);
	CHECK_NUMBER(file->cases[0].expectations[0].error_line, 4);
	CHECK_TEXT(file->cases[0].expectations[0].error_text, "not declared");
	CHECK_NUMBER(file->cases[1].expectations[0].kind, EXPECT_REFUSED);
}

TEST(what_is_said_of_a_packet_is_known)
{
	AUTO(buffer_free) struct buffer said = { 0 };
	AUTO(test_file_freep)
	struct test_file *file =
		parsed("program p\npacket 7 times out after 2s vlan 12 length 1500 mark 5" FRAME
		       "packet after 0" FRAME "expect packets 8\n",
		       &said);
	const struct test_packet *packet;

	CHECK_TEXT(buffer_text(&said), "");
	REQUIRE(file);
	packet = &file->cases[0].feeds[0].packet;
	CHECK_NUMBER(packet->times, 7);
	CHECK_NUMBER(packet->direction, TEST_OUT);
	CHECK_NUMBER(packet->after_ns, 2000000000);
	CHECK(packet->has_tag && packet->tag == 12);
	CHECK_NUMBER(packet->length, 1500);
	CHECK_NUMBER(packet->mark, 5);
	CHECK_NUMBER(packet->size, 14);
	packet = &file->cases[0].feeds[1].packet;
	CHECK_NUMBER(packet->times, 1);
	CHECK_NUMBER(packet->after_ns, 0);
	CHECK_NUMBER(packet->length, 14);
}

TEST(a_mistake_has_a_place_and_what_to_write)
{
	static const struct {
		const char *text, *said;
	} mistakes[] = {
		{ "", "1:0 this file has no test" },
		{ "# nothing\n", "this file has no test" },
		{ HEAD, "expects nothing, so it could not fail: write 'expect ...'" },
		{ "program p\nexpect packets 1\n", "has no packet: write 'capture FILE', or" },
		{ "packet" FRAME "expect packets 1\n", "has no program: write 'program NAME'" },
		{ HEAD "expct packets 1\n",
		  "4:1 'expct' begins no statement (did you mean 'expect'?)" },
		{ HEAD "zzzzzz\n", "a line begins with case, program" },
		{ HEAD "param A=1\nexpect packets 1\n", "(did you mean 'define'?)" },
		{ HEAD "expect pakets 1\n",
		  "4:8 'pakets' is nothing that can be expected (did you mean 'expect packets'?)" },
		{ HEAD "expect\n", "expect what: packets" },
		{ HEAD "expect packets\n", "how many packets? (as in: expect packets 3)" },
		{ HEAD "expect packets three\n", "how many packets?" },
		{ HEAD "expect packets 3 of them\n", "4:18 'of' means nothing here" },
		{ HEAD "expect verdicts\n", "which verdicts? (as in" },
		{ HEAD "expect verdicts SHOOT=1\n",
		  "4:17 'SHOOT' is no verdict (did you mean 'SHOT'?)" },
		{ HEAD "expect verdicts OK=\n", "a number is missing" },
		{ HEAD "expect verdicts OK=1 SHOT\n", "either counted (OK=3) or listed" },
		{ HEAD "expect table\n", "the name of a table is missing" },
		{ HEAD "expect table t\n", "which rows?" },
		{ HEAD "expect table t\n\tkey\n", "5:5 '=' is missing behind 'key'" },
		{ HEAD "expect table t\n\tkey=\n", "the value of 'key' is missing" },
		{ HEAD "expect table t\n\t=3\n", "5:2 the name of a column is missing" },
		{ HEAD "expect table t\n\tkey=\"3\n",
		  "a quote is not closed (end the text with '\"')" },
		{ HEAD "expect table t\n\tkey=\"3\"4\n", "right behind a quoted text" },
		{ HEAD "expect table t 3 rows\n\tkey=4\n", "nothing is expected on a line below" },
		{ HEAD "expect events t\n", "which events?" },
		{ HEAD "expect prints\n", "which prints?" },
		{ HEAD "expect prints \"a\" \"b\"\n", "one print a line" },
		{ HEAD "expect compile\n", "write: expect compile error" },
		{ HEAD "expect refused lines 4\n", "write: line NUMBER, and a text in quotes" },
		{ HEAD "expect refused line x\n", "'x' is no number" },
		{ HEAD "expect refused\nexpect packets 1\n",
		  "5:0 a program that is not to run counts nothing" },
		{ HEAD "expect packets 1\ncase a\nexpect packets 1\n", "belongs to a case" },
		{ HEAD "case\nexpect packets 1\n", "a case needs a name" },
		{ HEAD "case a\ncase b\nexpect packets 1\n", "'a' expects nothing" },
		{ "\tprogram p\n", "1:2 this line belongs to no statement" },
		{ "program p\n\tx\n" HEAD "expect packets 1\n", "belongs to no statement" },
		{ "program -\npacket" FRAME "expect packets 1\n",
		  "reads nothing from standard input" },
		{ "program a b\n" HEAD "expect packets 1\n",
		  "(a name with blanks stands in quotes)" },
		{ HEAD "direction up\nexpect packets 1\n", "'up' is no direction (write in, out" },
		{ HEAD "filter\nexpect packets 1\n", "a tcpdump expression is missing" },
		{ "program p\npacket\nexpect packets 1\n", "2:0 this packet has no bytes" },
		{ "program p\npacket\n\t0102\nexpect packets 1\n",
		  "has 2 bytes, and an Ethernet header alone 14" },
		{ "program p\npacket length 3" FRAME "expect packets 1\n", "its length is less" },
		{ "program p\npacket twice" FRAME "expect packets 1\n",
		  "2:8 'twice' means nothing here (write packet [N times]" },
		{ "program p\npacket eth / ip\n# between\n\t/ tcp\n\t\tdprt=3\nexpect packets 1\n",
		  "5:3 'dprt' is no field of tcp (did you mean dport? tcp has sport dport" },
		{ "program p\npacket\n\tipp / tcp\nexpect packets 1\n", "3:2 'ipp' is no header" },
		{ "program p\npacket\n\t\"too short\"\nexpect packets 1\n", "has 9 bytes, and an" },
		{ "program p\npacket 3" FRAME "expect packets 1\n", "'times' is missing" },
		{ "program p\npacket after soon" FRAME "expect packets 1\n", "'soon' is no time" },
		{ "program p\npacket after 1" FRAME "expect packets 1\n",
		  "2:14 '1' is no time: write 20us" },
		{ "program p\npacket 0 times" FRAME "expect packets 1\n",
		  "2:8 a packet that comes 0 times is none (leave the packet out)" },
		{ "program p\npacket in out" FRAME "expect packets 1\n",
		  "2:11 whether it comes in or out is said already" },
		{ "program p\npacket 3 times mark 1 3 times" FRAME "expect packets 1\n",
		  "2:23 how many times it comes is said already" },
		{ "program p\npacket mark 1 mark 2" FRAME "expect packets 1\n",
		  "2:15 'mark' is said already (leave one of them out)" },
		{ "program p\npacket after 1s after 2s" FRAME "expect packets 1\n",
		  "2:17 'after' is said already" },
		{ "program p\npacket vlan 4095" FRAME "expect packets 1\n",
		  "no number up to 4094" },
	};
	AUTO(buffer_free) struct buffer said = { 0 };

	for (size_t i = 0; i < sizeof(mistakes) / sizeof(*mistakes); i++) {
		struct test_file *file = parsed(mistakes[i].text, &said);

		CHECK(!file);
		CHECK_CONTAINS(buffer_text(&said), mistakes[i].said);
		test_file_free(file);
	}
}

TEST(all_mistakes_of_a_file_are_told_at_once)
{
	AUTO(buffer_free) struct buffer said = { 0 };

	CHECK(!parsed(HEAD "expct 1\nexpect table\ndirection x\nexpect packets 1\n", &said));
	CHECK_CONTAINS(buffer_text(&said), "4:1 'expct'");
	CHECK_CONTAINS(buffer_text(&said), "5:13 the name of a table");
	CHECK_CONTAINS(buffer_text(&said), "6:11 'x' is no direction");
}

TEST(what_is_no_text_is_refused)
{
	struct skbscope_error error = { 0 };
	struct test_file *file = NULL;

	CHECK_NUMBER(test_file_parse("x.test", "case a\0b", 8, NULL, &file, &error) < 0, 1);
	CHECK_TEXT(error.message, "x.test is no text");
	CHECK(!file);
}

TEST(a_packet_may_be_said_in_headers)
{
	static const char *const texts[] = {
		"packet 2 times in vlan 7 eth / ip / udp / \"a # b\"\n",
		"packet 2 times in vlan 7\n\teth / ip\n\t# about it\n# at the margin\n\t/ udp # "
		"more\n"
		"\t/ \"a # b\"\n",
		"packet 2 times in vlan 7 eth / ip\n\t/ udp / \"a # b\"\r\n",
	};
	AUTO(buffer_free) struct buffer said = { 0 };

	for (size_t i = 0; i < sizeof(texts) / sizeof(*texts); i++) {
		AUTO(buffer_free) struct buffer text = { 0 };
		const struct test_packet *packet;
		struct test_file *file;

		buffer_printf(&text, "program p\n%sexpect packets 1\n", texts[i]);
		file = parsed(buffer_text(&text), &said);
		CHECK_TEXT(buffer_text(&said), "");
		REQUIRE(file);
		packet = &file->cases[0].feeds[0].packet;
		CHECK_NUMBER(packet->size, 14 + 20 + 8 + 5);
		CHECK_NUMBER(packet->times, 2);
		CHECK_NUMBER(packet->tag, 7);
		CHECK_NUMBER(packet->direction, TEST_IN);
		CHECK(memcmp(packet->bytes + 42, "a # b", 5) == 0);
		test_file_free(file);
	}
}
