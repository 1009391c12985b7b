/* SPDX-License-Identifier: Apache-2.0 */
/* Two sequences beside each other. */
#include "expect/difference.h"

#include "base/buffer.h"
#include "base/cleanup.h"
#include "harness.h"

struct letters {
	const char *expected, *actual;
	struct buffer out;
};

static bool same(void *context, size_t i, size_t j)
{
	struct letters *letters = context;

	return letters->expected[i] == letters->actual[j];
}

static void both(void *context, size_t i, size_t j)
{
	struct letters *letters = context;

	(void)j;
	buffer_append(&letters->out, &letters->expected[i], 1);
}

static void only_expected(void *context, size_t i)
{
	struct letters *letters = context;

	buffer_printf(&letters->out, "-%c", letters->expected[i]);
}

static void only_actual(void *context, size_t j)
{
	struct letters *letters = context;

	buffer_printf(&letters->out, "+%c", letters->actual[j]);
}

static void compare(const char *expected, const char *actual, const char *out)
{
	struct letters letters = { expected, actual, { 0 } };
	const struct sequences sequences = { strlen(expected), strlen(actual), same,    both,
					     only_expected,    only_actual,    &letters };

	CHECK_NUMBER(sequences_compare(&sequences), 0);
	CHECK_TEXT(buffer_text(&letters.out), out);
	buffer_free(&letters.out);
}

TEST(what_both_have_stands_once)
{
	compare("", "", "");
	compare("abc", "abc", "abc");
	compare("abc", "ac", "a-bc");
	compare("ac", "abc", "a+bc");
	compare("abc", "", "-a-b-c");
	compare("", "ab", "+a+b");
	compare("abcdef", "abXdeYf", "ab-c+Xde+Yf");
}

TEST(long_ones_are_compared_place_by_place)
{
	AUTO(buffer_free) struct buffer a = { 0 };
	AUTO(buffer_free) struct buffer b = { 0 };
	struct letters letters = { .out = { 0 } };
	struct sequences sequences = {
		5000, 5000, same, both, only_expected, only_actual, &letters
	};

	for (int i = 0; i < 5000; i++) {
		buffer_string(&a, "a");
		buffer_string(&b, i == 4999 ? "b" : "a");
	}
	letters.expected = buffer_text(&a);
	letters.actual = buffer_text(&b);
	CHECK_NUMBER(sequences_compare(&sequences), 0);
	CHECK_NUMBER(letters.out.length, 4999 + 4);
	CHECK_TEXT(buffer_text(&letters.out) + 4999, "-a+b");
	buffer_free(&letters.out);
}
