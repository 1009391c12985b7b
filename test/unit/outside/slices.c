/* SPDX-License-Identifier: Apache-2.0 */
#include "outside/slices.h"

#include "harness.h"

static const char reading[] =
	"{\"program\":\"a \\\"tables\\\":{\",\"hooks\":[{\"tables\":{\"x\":{}}}],\"tables\":{"
	"\"one\":{\"rows\":[{\"value\":1}]},\"on\":{\"text\":\"}],{\\\\\"},\"two\":{\"rows\":[]}},"
	"\"verdicts\":[],\"three\":{}}\n";

static bool is(const char *table, const char *expected)
{
	struct slice slice;

	return slices_find(reading, sizeof(reading) - 1, table, &slice) &&
	       slice.length == strlen(expected) && memcmp(slice.data, expected, slice.length) == 0;
}

static bool is_none(const char *table)
{
	struct slice slice;

	return !slices_find(reading, sizeof(reading) - 1, table, &slice);
}

TEST(a_table_is_its_object)
{
	CHECK(is("one", "{\"rows\":[{\"value\":1}]}"));
	CHECK(is("on", "{\"text\":\"}],{\\\\\"}"));
	CHECK(is("two", "{\"rows\":[]}"));
}

TEST(what_is_no_table_is_not_found)
{
	CHECK(is_none("three"));
	CHECK(is_none("x"));
	CHECK(is_none("rows"));
	CHECK(is_none("o"));
	CHECK(is_none(""));
	CHECK(is_none("one\":{"));
}

/* What is beyond the end would be noticed under the sanitizers. */
TEST(a_text_may_end_anywhere)
{
	for (size_t length = 0; length < sizeof(reading); length++) {
		char *copy = malloc(length ? length : 1);
		struct slice slice;

		memcpy(copy, reading, length);
		slices_find(copy, length, "two", &slice);
		slices_find(copy, length, "three", &slice);
		free(copy);
	}
}

static const char tables[] = "one 8\na,b\n1,2\ntwo 0\non 14\nx\n\"two 3\nabc\"\nthree 4\nc\n3\n";

static bool is_csv(const char *table, const char *expected)
{
	struct slice slice;

	return slices_find_csv(tables, sizeof(tables) - 1, table, strlen(table), &slice) &&
	       slice.length == strlen(expected) && memcmp(slice.data, expected, slice.length) == 0;
}

TEST(a_table_of_csv_is_as_long_as_it_says)
{
	CHECK(is_csv("one", "a,b\n1,2\n"));
	CHECK(is_csv("two", ""));
	CHECK(is_csv("on", "x\n\"two 3\nabc\"\n"));
	CHECK(is_csv("three", "c\n3\n"));
	CHECK(!is_csv("four", ""));
	CHECK(!is_csv("", ""));
}

TEST(csv_may_end_anywhere)
{
	static const char *const wrong[] = {
		"",    "x", "x 1", "x 1\n", "x y\n", "x 99\nabc", "x 99999999999999999999999\nabc",
		" 0\n"
	};
	struct slice slice;

	for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++)
		CHECK(!slices_find_csv(wrong[i], strlen(wrong[i]), "x", 1, &slice));
	for (size_t length = 0; length < sizeof(tables) - 1; length++) {
		char *copy = malloc(length ? length : 1);

		memcpy(copy, tables, length);
		CHECK(!slices_find_csv(copy, length, "three", 5, &slice));
		free(copy);
	}
}
