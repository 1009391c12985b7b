/* SPDX-License-Identifier: Apache-2.0 */
/* render/json_writer: valid JSON, whatever goes in. */
#include "render/json_writer.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>

#include "base/cleanup.h"
#include "harness.h"

/* What is written between the brackets of an array of one value. */
static const char *written(struct json_writer *json)
{
	json_end_array(json);
	CHECK_NUMBER(json_finish(json), 0);
	return buffer_text(&json->text);
}

#define CHECK_WRITTEN(call, expected)                                                              \
	do {                                                                                       \
		AUTO(json_clear) struct json_writer json = { 0 };                                  \
		json_begin_array(&json, NULL);                                                     \
		call;                                                                              \
		CHECK_TEXT(written(&json), "[" expected "]\n");                                    \
	} while (0)

#define CHECK_BYTES(bytes, expected)                                                               \
	CHECK_WRITTEN(json_bytes(&json, NULL, bytes, sizeof(bytes) - 1), "\"" expected "\"")

TEST(commas_stand_between_values_and_nowhere_else)
{
	AUTO(json_clear) struct json_writer json = { 0 };

	json_begin_object(&json, NULL);
	json_begin_object(&json, "none");
	json_end_object(&json);
	json_begin_array(&json, "some");
	json_begin_array(&json, NULL);
	json_end_array(&json);
	json_boolean(&json, NULL, true);
	json_begin_object(&json, NULL);
	json_null(&json, "a");
	json_text(&json, "b", NULL);
	json_known(&json, "c", 23, false);
	json_known(&json, "d", 23, true);
	json_end_object(&json);
	json_end_array(&json);
	json_boolean(&json, "last", false);
	json_end_object(&json);
	CHECK_NUMBER(json_finish(&json), 0);
	CHECK_TEXT(buffer_text(&json.text),
		   "{\"none\":{},\"some\":[[],true,{\"a\":null,\"b\":null,\"c\":null,\"d\":23}],"
		   "\"last\":false}\n");
}

TEST(keys_are_escaped_as_texts_are)
{
	AUTO(buffer_free) struct buffer quoted = { 0 };

	json_quote(&quoted, "a\"\xff");
	CHECK_TEXT(buffer_text(&quoted), "\"a\\\"\\\\xff\":");
}

TEST(control_characters_are_escaped)
{
	CHECK_BYTES("\"\\/\b\t\n\f\r", "\\\"\\\\/\\b\\t\\n\\f\\r");
	CHECK_BYTES("\0a\x01\x1b[2J\x1f", "\\u0000a\\u0001\\u001b[2J\\u001f");
	CHECK_BYTES(" ~\x7f", " ~\\u007f");
	/* U+0080 and U+009F, one of which is a terminal's CSI; U+00A0 is a blank. */
	CHECK_BYTES("\xc2\x80\xc2\x9b\xc2\x9f\xc2\xa0", "\\u0080\\u009b\\u009f\xc2\xa0");
}

TEST(utf8_stays_as_it_is)
{
	CHECK_BYTES("j\xc3\xb6rg", "j\xc3\xb6rg");
	/* The first and the last character of every length, and beside the surrogates. */
	CHECK_BYTES("\xdf\xbf\xe0\xa0\x80\xef\xbf\xbf", "\xdf\xbf\xe0\xa0\x80\xef\xbf\xbf");
	CHECK_BYTES("\xed\x9f\xbf\xee\x80\x80", "\xed\x9f\xbf\xee\x80\x80");
	CHECK_BYTES("\xf0\x90\x80\x80\xf4\x8f\xbf\xbf", "\xf0\x90\x80\x80\xf4\x8f\xbf\xbf");
}

TEST(bytes_that_are_not_utf8_are_named)
{
	CHECK_BYTES("\x80", "\\\\x80");                                  /* alone */
	CHECK_BYTES("\xc0\xaf\xc1\xbf", "\\\\xc0\\\\xaf\\\\xc1\\\\xbf"); /* overlong, 2 bytes */
	CHECK_BYTES("\xe0\x9f\xbf", "\\\\xe0\\\\x9f\\\\xbf");            /* overlong, 3 */
	CHECK_BYTES("\xf0\x8f\xbf\xbf", "\\\\xf0\\\\x8f\\\\xbf\\\\xbf"); /* overlong, 4 */
	CHECK_BYTES("\xed\xa0\x80", "\\\\xed\\\\xa0\\\\x80");            /* a surrogate */
	CHECK_BYTES("\xf4\x90\x80\x80", "\\\\xf4\\\\x90\\\\x80\\\\x80"); /* past the end */
	CHECK_BYTES("\xf5\xff\xfe", "\\\\xf5\\\\xff\\\\xfe");            /* never */
	CHECK_BYTES("\xc3", "\\\\xc3");                                  /* cut off */
	CHECK_BYTES("\xe2\x82", "\\\\xe2\\\\x82");
	CHECK_BYTES("\xf0\x9f\x92", "\\\\xf0\\\\x9f\\\\x92");
	CHECK_BYTES("\xe2(\xa1", "\\\\xe2(\\\\xa1"); /* broken off */
	CHECK_BYTES("\xc3\xc3\xb6", "\\\\xc3\xc3\xb6");
}

TEST(numbers_have_every_digit)
{
	static const uint64_t edges[] = { 0,
					  1,
					  9,
					  10,
					  99,
					  100,
					  101,
					  999,
					  1000,
					  12345,
					  UINT32_MAX,
					  UINT64_MAX,
					  1999999999999999999 };

	for (size_t i = 0; i < sizeof(edges) / sizeof(edges[0]); i++) {
		AUTO(json_clear) struct json_writer json = { 0 };
		char expected[32];

		json_u64(&json, NULL, edges[i]);
		CHECK_NUMBER(json_finish(&json), 0);
		snprintf(expected, sizeof(expected), "%llu\n", (unsigned long long)edges[i]);
		CHECK_TEXT(buffer_text(&json.text), expected);
	}
	CHECK_WRITTEN(json_i64(&json, NULL, INT64_MIN), "-9223372036854775808");
	CHECK_WRITTEN(json_i64(&json, NULL, -1), "-1");
}

TEST(numbers_of_128_bits_too)
{
	unsigned __int128 all = ~(unsigned __int128)0;
	unsigned __int128 round = (unsigned __int128)UINT64_C(10000000000000000000) * 10;

	CHECK_WRITTEN(json_u128(&json, NULL, all), "340282366920938463463374607431768211455");
	CHECK_WRITTEN(json_u128(&json, NULL, round), "100000000000000000000");
	CHECK_WRITTEN(json_u128(&json, NULL, round * 1000000000000000000 + 7),
		      "100000000000000000000000000000000000007");
	CHECK_WRITTEN(json_u128(&json, NULL, (unsigned __int128)UINT64_MAX + 1),
		      "18446744073709551616");
	CHECK_WRITTEN(json_i128(&json, NULL, -(__int128)(all >> 1) - 1),
		      "-170141183460469231731687303715884105728");
	CHECK_WRITTEN(json_i128(&json, NULL, 23), "23");
}

TEST(what_is_no_number_is_null)
{
	CHECK_WRITTEN(json_double(&json, NULL, (double)NAN), "null");
	CHECK_WRITTEN(json_double(&json, NULL, (double)INFINITY), "null");
	CHECK_WRITTEN(json_double(&json, NULL, -(double)INFINITY), "null");
	CHECK_WRITTEN(json_double(&json, NULL, 0), "0");
	CHECK_WRITTEN(json_double(&json, NULL, -0.0), "-0");
	CHECK_WRITTEN(json_double(&json, NULL, 0.1), "0.1");
	CHECK_WRITTEN(json_double(&json, NULL, -1e300), "-1e+300");
}

TEST(a_stream_gets_all_of_it_in_order)
{
	enum { COUNT = 100003 };
	AUTO(freep) char *text = NULL;
	size_t length = 0;
	FILE *stream = open_memstream(&text, &length);
	AUTO(json_clear) struct json_writer json = { .stream = stream };
	const char *at;

	json_begin_array(&json, NULL);
	for (unsigned i = 0; i < COUNT; i++)
		json_u64(&json, NULL, i);
	json_end_array(&json);
	CHECK_NUMBER(json_finish(&json), 0);
	fclose(stream);
	at = text + 1;
	for (unsigned i = 0; i < COUNT; i++, at++) {
		char *end;

		REQUIRE(strtoul(at, &end, 10) == i);
		at = end;
	}
	CHECK_TEXT(at - 1, "]\n");
}

TEST(the_first_failure_of_a_stream_is_remembered)
{
	FILE *full = fopen("/dev/full", "w");
	AUTO(json_clear) struct json_writer json = { .stream = full };

	REQUIRE(full);
	setvbuf(full, NULL, _IONBF, 0);
	json_begin_array(&json, NULL);
	for (unsigned i = 0; i < 100003; i++)
		json_u64(&json, NULL, i);
	CHECK_NUMBER(json.error, ENOSPC);
	CHECK(json.text.capacity < 1 << 20); /* and what nobody gets is not kept */
	json_end_array(&json);
	errno = 0;
	CHECK_NUMBER(json_finish(&json), -EIO);
	CHECK_NUMBER(errno, ENOSPC);
	fclose(full);
}

TEST(running_out_of_memory_is_no_shorter_document)
{
	AUTO(json_clear) struct json_writer json = { 0 };

	json_begin_array(&json, NULL);
	buffer_reserve(&json.text, SIZE_MAX);
	json_u64(&json, NULL, 23);
	json_end_array(&json);
	CHECK_NUMBER(json_finish(&json), -ENOMEM);
	CHECK(!json.text.data);
}
