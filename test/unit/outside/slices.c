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
