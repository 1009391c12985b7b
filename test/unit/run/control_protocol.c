/* SPDX-License-Identifier: Apache-2.0 */
/* What a run and "skbscope ctl" say to each other, whole, cut and wrong. */
#include "harness.h"

#include "base/cleanup.h"
#include "run/control_protocol.h"

/* A string literal with NULs in it. */
#define BYTES(literal)                                                                             \
	(struct buffer)                                                                            \
	{                                                                                          \
		.data = (char[]){ literal }, .length = sizeof(literal) - 1                         \
	}

static int parse_request(struct buffer bytes, struct control_request *out)
{
	struct skbscope_error error = { 0 };
	int r = control_request_parse(&bytes, out, &error);

	CHECK(r == 0 || error.message[0]);
	return r;
}

static int parse_answer(struct buffer bytes, struct control_answer *out)
{
	struct skbscope_error error = { 0 };
	int r = control_answer_parse(&bytes, out, &error);

	CHECK(r == 0 || error.message[0]);
	return r;
}

TEST(a_request_arrives_as_it_was_sent)
{
	const char *operands[] = { "limits[10.0.0.0/8]={rate=1mbit}", "", "a b\n'c'" };
	const struct control_request sent = { .verb = CONTROL_SET,
					      .format = 1,
					      .colour = true,
					      .width = 80,
					      .operands = operands,
					      .count = 3 };
	AUTO(control_request_clear) struct control_request got = { 0 };
	AUTO(buffer_free) struct buffer bytes = { 0 };

	control_request_write(&sent, &bytes);
	REQUIRE(parse_request(bytes, &got) == 0);
	CHECK(got.verb == CONTROL_SET && got.format == 1 && got.width == 80);
	CHECK(got.colour && !got.exact);
	REQUIRE(got.count == 3);
	for (size_t i = 0; i < 3; i++)
		CHECK(strcmp(got.operands[i], operands[i]) == 0);
}

TEST(every_verb_has_a_name)
{
	for (int verb = CONTROL_LIST; verb <= CONTROL_CONFIRM; verb++)
		CHECK(control_verbs[verb] && control_verbs[verb][0]);
	CHECK(!control_verbs[CONTROL_CONFIRM + 1]);
}

TEST(a_request_that_is_cut_is_none)
{
	const struct control_request sent = { .verb = CONTROL_STOP };
	AUTO(buffer_free) struct buffer bytes = { 0 };
	struct control_request got;

	control_request_write(&sent, &bytes);
	for (size_t length = 0; length < bytes.length; length++) {
		struct buffer cut = { .data = bytes.data, .length = length };

		CHECK(parse_request(cut, &got) < 0);
	}
}

TEST(a_request_of_other_words_is_none)
{
	struct control_request got;

	CHECK(parse_request(BYTES("GET / HTTP/1.1\r\n\r\n"), &got) < 0);
	CHECK(parse_request(BYTES("skbscope-control 2\0stop\0table\0000\0000\0000\0"), &got) < 0);
	CHECK(parse_request(BYTES("skbscope-control 1\0stap\0table\0000\0000\0000\0"), &got) < 0);
	CHECK(parse_request(BYTES("skbscope-control 1\0stop\0xml\0000\0000\0000\0"), &got) < 0);
	CHECK(parse_request(BYTES("skbscope-control 1\0stop\0table\000-1\0000\0000\0"), &got) < 0);
	CHECK(parse_request(BYTES("skbscope-control 1\0stop\0table\00065536\0000\0000\0"), &got) <
	      0);
	CHECK(parse_request(BYTES("skbscope-control 1\0stop\0table\0000\0002\0000\0"), &got) < 0);
	CHECK(parse_request(BYTES("skbscope-control 1\0stop\0table\0000\0000\0"), &got) < 0);
	CHECK(parse_request(BYTES("\0\0\0\0\0\0"), &got) < 0);
}

TEST(an_answer_arrives_as_it_was_sent)
{
	struct buffer out = BYTES("rows\0and\nmore"), err = BYTES("talk\n");
	AUTO(buffer_free) struct buffer bytes = { 0 };
	struct control_answer got;

	control_answer_write(4, &out, &err, &bytes);
	REQUIRE(parse_answer(bytes, &got) == 0);
	CHECK(got.status == 4);
	CHECK(got.out.length == out.length && memcmp(got.out.text, out.data, out.length) == 0);
	CHECK(span_is(got.err, "talk\n"));
	for (size_t length = 0; length < bytes.length; length++) {
		struct buffer cut = { .data = bytes.data, .length = length };

		CHECK(parse_answer(cut, &got) < 0);
	}
}

TEST(an_answer_whose_lengths_are_not_its_own_is_none)
{
	struct control_answer got;

	CHECK(parse_answer(BYTES("skbscope-control 1 0 1 1\nab"), &got) == 0);
	CHECK(parse_answer(BYTES("skbscope-control 1 0 1 1\nabc"), &got) < 0);
	CHECK(parse_answer(BYTES("skbscope-control 1 0 3 0\nab"), &got) < 0);
	CHECK(parse_answer(BYTES("skbscope-control 1 0 18446744073709551615 3\nab"), &got) < 0);
	CHECK(parse_answer(BYTES("skbscope-control 1 256 1 1\nab"), &got) < 0);
	CHECK(parse_answer(BYTES("skbscope-control 1 -1 1 1\nab"), &got) < 0);
	CHECK(parse_answer(BYTES("skbscope-control 1 0 1 1 0\nab"), &got) < 0);
	CHECK(parse_answer(BYTES("skbscope-control 1 0 1\nab"), &got) < 0);
}

TEST(an_answer_that_is_too_large_says_so)
{
	AUTO(buffer_free) struct buffer out = { 0 }, bytes = { 0 };
	const struct buffer none = { 0 };
	struct control_answer got;

	REQUIRE(buffer_reserve(&out, CONTROL_ANSWER_MAX));
	memset(out.data, 'x', CONTROL_ANSWER_MAX);
	out.length = CONTROL_ANSWER_MAX;
	control_answer_write(0, &out, &none, &bytes);
	REQUIRE(parse_answer(bytes, &got) == 0);
	CHECK(got.status == 1 && !got.out.length);
	CHECK(span_contains(got.err, "larger than 16 MiB"));
}

TEST(what_a_run_says_of_itself_arrives)
{
	const char *hooks[] = { "eth0 ingress (tcx)" }, *tables[] = { "limits", "hits" };
	const struct control_about sent = { .program = "limits",
					    .path = "/tmp/a b.c",
					    .enforced = true,
					    .started_ns = 1764256800000000001,
					    .confirm_ns = 23,
					    .hooks = hooks,
					    .tables = tables,
					    .hook_count = 1,
					    .table_count = 2 };
	AUTO(control_about_clear) struct control_about got = { 0 };
	AUTO(buffer_free) struct buffer text = { 0 };
	struct skbscope_error error;

	control_about_write(&sent, &text);
	REQUIRE(control_about_parse(&text, &got, &error) == 0);
	CHECK(strcmp(got.program, "limits") == 0 && strcmp(got.path, "/tmp/a b.c") == 0);
	CHECK(got.enforced && got.started_ns == 1764256800000000001 && got.confirm_ns == 23);
	REQUIRE(got.hook_count == 1 && got.table_count == 2);
	CHECK(strcmp(got.hooks[0], hooks[0]) == 0 && strcmp(got.tables[1], "hits") == 0);
}

TEST(what_a_later_version_says_besides_is_skipped)
{
	AUTO(control_about_clear) struct control_about got = { 0 };
	struct buffer text = BYTES("program x\0mood good\0word\0\0table t\0");
	struct skbscope_error error;

	REQUIRE(control_about_parse(&text, &got, &error) == 0);
	CHECK(strcmp(got.program, "x") == 0 && got.table_count == 1 && !got.hook_count);
	text = BYTES("started_ns soon\0");
	CHECK(control_about_parse(&text, &got, &error) < 0);
	text = BYTES("program x");
	CHECK(control_about_parse(&text, &got, &error) < 0);
}
