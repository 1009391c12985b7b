/* SPDX-License-Identifier: Apache-2.0 */
/* source/documentation: which comment it is, what it says, what it wires. */
#include "source/documentation.h"

#include <errno.h>

#include "base/cleanup.h"
#include "harness.h"

struct parsed {
	struct arena *arena;
	struct skbscope_documentation documentation;
	struct skbscope_error error;
	int result;
};

static struct parsed parse(const char *comment)
{
	struct parsed parsed = { .arena = arena_new() };

	parsed.result =
		documentation_parse(comment, parsed.arena, &parsed.documentation, &parsed.error);
	return parsed;
}

static void parsed_free(struct parsed *parsed)
{
	arena_free(parsed->arena);
}

#define PARSED(name, comment) AUTO(parsed_free) struct parsed name = parse(comment)

static char *found(const char *text)
{
	static char copy[1024];
	size_t length;
	const char *comment = documentation_find(text, strlen(text), &length);

	snprintf(copy, sizeof(copy), "%.*s", (int)length, comment);
	return copy;
}

TEST(the_documentation_is_the_first_block_comment)
{
	CHECK_TEXT(found("int a; /* one */ /* two */"), "/* one */");
	CHECK_TEXT(found("// line /* no */\n/* yes */"), "/* yes */");
	CHECK_TEXT(found("int f;"), "");
	CHECK_TEXT(found("/* never closed"), "");
	CHECK_TEXT(found("/**/"), "/**/");
	CHECK_TEXT(found("/*/ still open */"), "/*/ still open */");
	CHECK_TEXT(found("/"), "");
	CHECK_TEXT(found(""), "");
}

TEST(a_comment_in_a_string_is_none)
{
	CHECK_TEXT(found("char *s = \"/* no */\"; /* yes */"), "/* yes */");
	CHECK_TEXT(found("char *s = \"\\\"/* no */\"; /* yes */"), "/* yes */");
	CHECK_TEXT(found("char c = '\"'; /* yes */"), "/* yes */");
	CHECK_TEXT(found("#error don't\n/* yes */"), "/* yes */");
	CHECK_TEXT(found("\"\\"), "");
}

TEST(a_comment_in_a_body_describes_the_body)
{
	CHECK_TEXT(found("struct key { int a; /* the key */ };\n/* program */"), "/* program */");
	CHECK_TEXT(found("int f(void) { /* here */ }"), "");
	CHECK_TEXT(found("}\n/* program */"), "/* program */");
}

TEST(a_licence_is_not_the_documentation)
{
	CHECK_TEXT(found("/* SPDX-License-Identifier: MIT */\n/* yes */"), "/* yes */");
	CHECK_TEXT(found("/*\n * Copyright (c) 2015 A\n *\n * Licensed under the Apache License\n"
			 " */\n/* yes */"),
		   "/* yes */");
	CHECK_TEXT(found("/*\n * Copyright 2015 A\n *\n * Counts packets.\n */"),
		   "/*\n * Copyright 2015 A\n *\n * Counts packets.\n */");
}

TEST(the_summary_is_the_first_line_without_the_name)
{
	PARSED(named, "/*\n * sizes - how large are they?\n * More.\n */");
	PARSED(plain, "/* Counts packets - all of them. */");
	PARSED(licensed, "/*\n * Copyright 2015 A\n *\n * Counts packets.\n */");
	PARSED(empty, "");

	CHECK_TEXT(named.documentation.summary, "how large are they?");
	CHECK_TEXT(plain.documentation.summary, "Counts packets - all of them.");
	CHECK_TEXT(licensed.documentation.summary, "Counts packets.");
	CHECK_TEXT(empty.documentation.summary, "");
	CHECK_TEXT(empty.documentation.text, "");
}

TEST(paragraphs_and_tables_keep_their_shape)
{
	PARSED(starred, "/*\n * sizes - how large?\n *\n *   map    key\n *   sizes  log2\n *\n"
			" * @ingress observe\n *\n * Cost: one add.\n */");
	PARSED(bare, "/* sizes\n\n   map    key\n     sizes  log2\n*/");
	PARSED(windows, "/*\r\n * one\r\n * two\r\n */");

	CHECK_NUMBER(starred.result, 0);
	CHECK_TEXT(starred.documentation.text,
		   "sizes - how large?\n\n  map    key\n  sizes  log2\n\nCost: one add.");
	CHECK_TEXT(bare.documentation.text, "sizes\n\nmap    key\n  sizes  log2");
	CHECK_TEXT(windows.documentation.text, "one\ntwo");
}

TEST(every_tag_is_understood)
{
	PARSED(parsed, "/*\n"
		       " * @ingress in\n"
		       " * @egress out\n"
		       " * @tail jumps[3] third\n"
		       " * @tail jumps[0x10] sixteenth\n"
		       " * @param LIMIT=1000 packets a second\n"
		       " *   before anything is dropped\n"
		       " * @param NAME= may be empty\n"
		       " * @sort flows inner.bytes\n"
		       " * @hide scratch\n"
		       " * @hide config\n"
		       " * @histogram sizes\n"
		       " * @event events struct drop_t\n"
		       " * @event others plain_t\n"
		       " * @group traffic\n"
		       " * @enforce it drops\n"
		       " *     packets\n"
		       " */");
	const struct skbscope_documentation *d = &parsed.documentation;

	CHECK_NUMBER(parsed.result, 0);
	CHECK_TEXT(d->ingress, "in");
	CHECK_TEXT(d->egress, "out");
	REQUIRE(d->tail_count == 2);
	CHECK_TEXT(d->tails[0].map, "jumps");
	CHECK_NUMBER(d->tails[0].index, 3);
	CHECK_TEXT(d->tails[0].function, "third");
	CHECK_NUMBER(d->tails[1].index, 16);
	REQUIRE(d->parameter_count == 2);
	CHECK_TEXT(d->parameters[0].name, "LIMIT");
	CHECK_TEXT(d->parameters[0].value, "1000");
	CHECK_TEXT(d->parameters[0].text, "packets a second before anything is dropped");
	CHECK_TEXT(d->parameters[1].value, "");
	REQUIRE(d->sort_count == 1);
	CHECK_TEXT(d->sorts[0].table, "flows");
	CHECK_TEXT(d->sorts[0].argument, "inner.bytes");
	REQUIRE(d->hidden_count == 2);
	CHECK_TEXT(d->hidden[1].table, "config");
	CHECK(!d->hidden[1].argument);
	REQUIRE(d->histogram_count == 1);
	CHECK_TEXT(d->histograms[0].table, "sizes");
	CHECK_TEXT(d->histograms[0].argument, "log2");
	REQUIRE(d->event_count == 2);
	CHECK_TEXT(d->events[0].argument, "drop_t");
	CHECK_TEXT(d->events[1].argument, "plain_t");
	CHECK_TEXT(d->enforce, "it drops packets");
	CHECK_TEXT(d->group, "traffic");
	CHECK_TEXT(d->text, "");
}

TEST(a_tag_that_cannot_be_understood_names_its_line_and_form)
{
	static const char *const bad[] = {
		"@ingress",
		"@ingress a b",
		"@ingress 5",
		"@egress",
		"@tail jumps third",
		"@tail jumps[x] third",
		"@tail jumps[4294967296] third",
		"@tail jumps[-1] third",
		"@tail jumps[1]",
		"@tail jumps]1[ third",
		"@tail [1] third",
		"@param 5=3",
		"@sort flows",
		"@sort flows a b",
		"@hide",
		"@hide a b",
		"@histogram",
		"@histogram t lin",
		"@event events",
		"@event events struct",
		"@enforce",
		"@group",
	};

	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		char comment[256];

		snprintf(comment, sizeof(comment), "/*\n * words\n * %s\n */", bad[i]);
		PARSED(parsed, comment);
		CHECK_NUMBER(parsed.result, -EINVAL);
		CHECK_CONTAINS(parsed.error.message, "line 3 ");
		CHECK_CONTAINS(parsed.error.hint, "write: @");
	}
}

TEST(other_files_are_named_as_they_are_written)
{
	PARSED(parsed, "/* @with tables.c\n * @with ../a b/next.c */");

	REQUIRE(parsed.result == 0);
	REQUIRE(parsed.documentation.with_count == 2);
	CHECK_TEXT(parsed.documentation.with[0], "tables.c");
	CHECK_TEXT(parsed.documentation.with[1], "../a b/next.c");
}

TEST(a_tag_that_is_there_twice_is_refused)
{
	static const char *const twice[] = {
		"@ingress a\n@ingress b",     "@tail t[1] a\n@tail t[0x1] b",
		"@sort t a\n@sort t b",       "@param A=1 x\n@param A=2 y",
		"@with a.c\n@with a.c",       "@hide t\n@hide t",
		"@histogram t\n@histogram t", "@group a\n@group b",
	};

	for (size_t i = 0; i < sizeof(twice) / sizeof(twice[0]); i++) {
		PARSED(parsed, twice[i]);
		CHECK_NUMBER(parsed.result, -EINVAL);
		CHECK_CONTAINS(parsed.error.message, "line 2 ");
	}
}

TEST(a_misspelt_tag_says_which_was_meant)
{
	PARSED(parsed, "/* counts\n * @ingres count\n */");

	CHECK_NUMBER(parsed.result, -EINVAL);
	CHECK_CONTAINS(parsed.error.message, "unknown tag '@ingres'");
	CHECK_CONTAINS(parsed.error.hint, "'@ingress'");
}

TEST(what_is_no_tag_of_ours_stays_text)
{
	PARSED(parsed, "/**\n * Counts.\n * @param skb the packet\n * @return 0\n * @author a@b.c\n"
		       " * @example.com\n * mail me@ingress.org @ingress\n * @short words\n */");

	CHECK_NUMBER(parsed.result, 0);
	CHECK_TEXT(parsed.documentation.text,
		   "Counts.\n@param skb the packet\n@return 0\n@author a@b.c\n@example.com\n"
		   "mail me@ingress.org @ingress\n@short words");
	CHECK(!parsed.documentation.ingress);
}
