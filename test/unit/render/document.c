/* SPDX-License-Identifier: Apache-2.0 */
/* render/document: said once, for people and for scripts. */
#include "render/document.h"

#include <errno.h>
#include <stdlib.h>

#include "base/cleanup.h"
#include "harness.h"

/* A cupboard with a shelf for every jar that has a weight. */
static void describe(struct document *document, const uint64_t *weights, size_t count)
{
	document_begin_object(document, NULL);
	document_fact(document, "name", NULL, fact_text("pantry"));
	document_say(document, "pantry\x1b[2J\n");
	document_begin_list(document, "jars", "Jars");
	for (size_t i = 0; i < count; i++) {
		document_begin_object(document, NULL);
		document_fact(document, "place", ">PLACE", fact_number(i));
		document_fact(document, NULL, "LABEL", fact_text(i ? "jam" : "nougat\xff"));
		document_fact(document, "weight", ">WEIGHT",
			      fact_known(weights[i] != 0, fact_bytes(weights[i])));
		document_fact(document, "sealed", "SEALED", fact_boolean(i == 0));
		document_begin_list(document, "lids", NULL);
		document_begin_object(document, NULL);
		document_fact(document, "size", "SIZE", fact_number(23));
		document_end_object(document);
		document_end_list(document);
		document_end_object(document);
		if (i == 0)
			document_say(document, "  (opened)\n");
	}
	document_end_list(document);
	document_begin_object(document, "times");
	document_fact(document, "age_ns", "Age", fact_ns(46000000));
	document_end_object(document);
	document_end_object(document);
}

static char *written_in(uint32_t width, bool for_people, const uint64_t *weights, size_t count)
{
	char *text = NULL;
	size_t length = 0;
	FILE *stream = open_memstream(&text, &length);
	struct document document = document_start(for_people, width, stream);

	describe(&document, weights, count);
	CHECK_NUMBER(document_end(&document), 0);
	fclose(stream);
	return text;
}

static char *written(bool for_people, const uint64_t *weights, size_t count)
{
	return written_in(0, for_people, weights, count);
}

static const uint64_t weights[] = { 1536, 0 };

TEST(scripts_get_the_keys)
{
	AUTO(freep) char *text = written(false, weights, 2);

	CHECK_TEXT(text, "{\"name\":\"pantry\",\"jars\":["
			 "{\"place\":0,\"weight\":1536,\"sealed\":true,\"lids\":[{\"size\":23}]},"
			 "{\"place\":1,\"weight\":null,\"sealed\":false,\"lids\":[{\"size\":23}]}],"
			 "\"times\":{\"age_ns\":46000000}}\n");
}

TEST(people_get_the_labels)
{
	AUTO(freep) char *text = written(true, weights, 2);

	CHECK_TEXT(text, "pantry\\x1b[2J\n"
			 "\nJars\n"
			 "  PLACE  LABEL        WEIGHT  SEALED\n"
			 "      0  nougat\\xff  1.5 KiB  yes\n"
			 "  (opened)\n"
			 "      1  jam               -  no\n"
			 "Age       46.0 ms\n");
}

TEST(a_terminal_gets_what_it_has_room_for)
{
	AUTO(freep) char *wide = written_in(38, true, weights, 2);
	AUTO(freep) char *narrow = written_in(32, true, weights, 2);

	CHECK_CONTAINS(wide, "      0  nougat\\xff  1.5 KiB  yes\n");
	CHECK_CONTAINS(narrow, "  PLACE  LABEL       SEALED\n"
			       "      0  nougat\\xff  yes\n"
			       "  (opened)\n"
			       "      1  jam         no\n"
			       "  (no room for WEIGHT)\n");
}

TEST(text_is_broken_at_blanks_below_where_it_began)
{
	AUTO(freep) char *text = NULL;
	size_t length = 0;
	FILE *stream = open_memstream(&text, &length);
	struct document document = document_start(true, 30, stream);

	document_say(&document, "jars - which of all these jars\nare of glass?\n\n  1  2\n");
	document_say(&document, "Of glass, and without a lid on them, are none\nof\nthose.\n");
	document_fact(&document, NULL, "Shelf", fact_text("of oak, from before the fire"));
	document_begin_list(&document, NULL, "");
	document_begin_object(&document, NULL);
	document_fact(&document, NULL, "", fact_text("jam"));
	document_fact(&document, NULL, "", fact_text("from plums, gr\xc3\xbcn ones and blue ones"));
	document_end_object(&document);
	document_end_list(&document);
	document_begin_list(&document, NULL, "");
	document_begin_object(&document, NULL);
	document_fact(&document, NULL, "FROM", fact_text("a\nb"));
	document_fact(&document, NULL, "PATH",
		      fact_text("/a/path/that/is/longer/than/the/terminal/"));
	document_end_object(&document);
	document_end_list(&document);
	CHECK_NUMBER(document_end(&document), 0);
	fclose(stream);
	CHECK_TEXT(text, "jars - which of all these jars\nare of glass?\n\n  1  2\n"
			 "Of glass, and without a lid on\nthem, are none of those.\n"
			 "Shelf     of oak, from before\n          the fire\n"
			 "  jam  from plums, gr\xc3\xbcn ones\n       and blue ones\n"
			 "  FROM    PATH\n"
			 "  a\\x0ab  /a/path/that/is/longer/than/the/terminal/\n");
}

TEST(what_has_no_room_beside_stands_below)
{
	AUTO(freep) char *text = NULL;
	size_t length = 0;
	FILE *stream = open_memstream(&text, &length);
	struct document document = document_start(true, 24, stream);

	document_begin_list(&document, NULL, "");
	document_begin_object(&document, NULL);
	document_fact(&document, NULL, "PATH", fact_text("/where/they/stand"));
	document_fact(&document, NULL, "SINCE", fact_text("the day before yesterday"));
	document_end_object(&document);
	document_say(&document, "                  -> look there\n");
	document_end_list(&document);
	CHECK_NUMBER(document_end(&document), 0);
	fclose(stream);
	CHECK_TEXT(text, "  PATH\n    SINCE\n  /where/they/stand\n"
			 "    the day before\n    yesterday\n    -> look there\n");
}

TEST(an_empty_list_is_nothing_to_see)
{
	AUTO(freep) char *text = written(true, NULL, 0);
	AUTO(freep) char *json = written(false, NULL, 0);

	CHECK_TEXT(text, "pantry\\x1b[2J\nAge       46.0 ms\n");
	CHECK_CONTAINS(json, "\"jars\":[]");
}

TEST(columns_without_labels_have_no_heading)
{
	AUTO(freep) char *text = NULL;
	size_t length = 0;
	FILE *stream = open_memstream(&text, &length);
	struct document document = document_start(true, 0, stream);

	document_begin_list(&document, NULL, "");
	document_say(&document, "first\n");
	document_begin_object(&document, NULL);
	document_fact(&document, "a", "", fact_text("one"));
	document_fact(&document, "b", "", fact_text(""));
	document_end_object(&document);
	document_say(&document, "last\n");
	document_end_list(&document);
	CHECK_NUMBER(document_end(&document), 0);
	fclose(stream);
	CHECK_TEXT(text, "first\n  one\nlast\n");
}

TEST(a_full_disk_is_an_error)
{
	for (size_t i = 0; i < 2; i++) {
		FILE *full = fopen("/dev/full", "w");
		struct document document;

		REQUIRE(full);
		document = document_start(i == 1, 0, full);
		describe(&document, weights, 2);
		CHECK_NUMBER(document_end(&document), -EIO);
		CHECK_NUMBER(errno, ENOSPC);
		fclose(full);
	}
}
