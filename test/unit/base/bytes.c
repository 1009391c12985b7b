/* SPDX-License-Identifier: Apache-2.0 */
/* base/bytes: what was put can be got, and nothing else. */
#include "base/bytes.h"

#include <errno.h>
#include <string.h>

#include "harness.h"

static void put_all(struct bytes_writer *writer)
{
	bytes_put_u32(writer, UINT32_MAX);
	bytes_put_string(writer, NULL);
	bytes_put_string(writer, "");
	bytes_put_string(writer, "twenty-three");
	bytes_put_text(writer, "a\0b", 3);
	bytes_put_count(writer, 3);
	bytes_put(writer, "\1\2\3", 3);
}

static void get_all(struct bytes_reader *reader, bool whole)
{
	uint32_t number = bytes_get_u32(reader);
	const char *none = bytes_get_string(reader), *empty = bytes_get_string(reader);
	const char *words = bytes_get_string(reader), *data;
	size_t length = 23, count;
	const char *text = bytes_get_text(reader, &length);

	count = bytes_get_count(reader, 1);
	data = bytes_get(reader, 3);
	CHECK(reader->bad == !whole);
	CHECK(!none);
	if (!whole) {
		CHECK(text && !data);
		return;
	}
	CHECK(number == UINT32_MAX && count == 3 && length == 3);
	CHECK_TEXT(empty, "");
	CHECK_TEXT(words, "twenty-three");
	CHECK(memcmp(text, "a\0b", 4) == 0 && memcmp(data, "\1\2\3", 3) == 0);
	CHECK(reader->next == reader->end);
}

TEST(what_was_put_is_got_and_every_part_of_it_is_bad)
{
	struct buffer buffer = { 0 };
	struct bytes_writer writer = { .out = &buffer };

	put_all(&writer);
	REQUIRE(bytes_written(&writer) == 0);
	for (size_t length = 0; length <= buffer.length; length++) {
		char *part = malloc(length + 1); /* so that a sanitizer sees its end */
		struct bytes_reader reader = { part, part + length, false };

		REQUIRE(part);
		memcpy(part, buffer.data, length);
		get_all(&reader, length == buffer.length);
		free(part);
	}
	buffer_free(&buffer);
}

TEST(a_string_that_ends_early_or_never_is_bad)
{
	struct buffer buffer = { 0 };
	struct bytes_writer writer = { .out = &buffer };
	struct bytes_reader reader;

	bytes_put_string(&writer, "twenty-three");
	REQUIRE(bytes_written(&writer) == 0);
	buffer.data[8] = '\0';
	reader = (struct bytes_reader){ buffer.data, buffer.data + buffer.length, false };
	CHECK(!bytes_get_string(&reader) && reader.bad);
	reader = (struct bytes_reader){ buffer.data, buffer.data + buffer.length, false };
	CHECK_TEXT(bytes_get_text(&reader, NULL), "");
	CHECK(reader.bad);
	buffer.data[8] = 'x';
	buffer.data[buffer.length - 1] = 'x';
	reader = (struct bytes_reader){ buffer.data, buffer.data + buffer.length, false };
	CHECK(!bytes_get_string(&reader) && reader.bad);
	buffer_free(&buffer);
}

TEST(a_count_of_more_than_there_can_be_is_bad)
{
	const char bytes[] = "\3\0\0\0xxxxx";
	struct bytes_reader enough = { bytes, bytes + 10, false },
			    less = { bytes, bytes + 9, false };

	CHECK_NUMBER(bytes_get_count(&enough, 2), 3);
	CHECK(!enough.bad);
	CHECK_NUMBER(bytes_get_count(&less, 2), 0);
	CHECK(less.bad);
}

TEST(a_count_that_is_too_large_is_the_first_and_last_failure)
{
	struct buffer buffer = { 0 };
	struct bytes_writer writer = { .out = &buffer };

	bytes_put_u32(&writer, 23);
	bytes_put_count(&writer, BYTES_NO_STRING);
	bytes_put_u32(&writer, 23);
	CHECK_NUMBER(bytes_written(&writer), -EFBIG);
	CHECK_NUMBER(buffer.length, sizeof(uint32_t));
	buffer_free(&buffer);
}
