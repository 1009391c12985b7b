/* SPDX-License-Identifier: Apache-2.0 */
/* A request survives its journey, and a damaged one is refused. */
#include "harness.h"

#include <errno.h>

#include "base/cleanup.h"
#include "compile/protocol.h"

static const char *const flags[] = { "-DX=1", "", "-I" };
static const char *const paths[] = { "/tree", "/home/me" };
static const struct worker_request sent = {
	.path = "mine.c",
	.name = "mine",
	.comment = "",
	.text = "int\0x",
	.text_length = 5,
	.headers = SKBSCOPE_HEADERS_KERNEL,
	.kernel_types = true,
	.flags = flags,
	.flag_count = 3,
	.paths = paths,
	.path_count = 2,
};

TEST(a_request_arrives_as_it_was_sent)
{
	AUTO(buffer_free) struct buffer bytes = { 0 };
	AUTO(arena_freep) struct arena *arena = arena_new();
	struct worker_request request;

	REQUIRE(arena && request_write(&sent, &bytes) == 0);
	REQUIRE(request_read(bytes.data, bytes.length, arena, &request) == 0);
	CHECK_TEXT(request.path, "mine.c");
	CHECK_TEXT(request.name, "mine");
	CHECK_NUMBER(request.text_length, 5);
	CHECK(memcmp(request.text, "int\0x", 6) == 0);
	CHECK_NUMBER(request.headers, SKBSCOPE_HEADERS_KERNEL);
	CHECK(request.kernel_types);
	REQUIRE(request.flag_count == 3 && request.path_count == 2);
	CHECK_TEXT(request.flags[1], "");
	CHECK_TEXT(request.flags[2], "-I");
	CHECK_TEXT(request.paths[1], "/home/me");
}

TEST(every_truncation_is_refused)
{
	AUTO(buffer_free) struct buffer bytes = { 0 };
	AUTO(arena_freep) struct arena *arena = arena_new();
	struct worker_request request;

	REQUIRE(arena && request_write(&sent, &bytes) == 0);
	for (size_t i = 0; i < bytes.length; i++) {
		/* A copy of exactly that size, for the sanitizer to guard. */
		AUTO(freep) char *copy = malloc(i ? i : 1);

		REQUIRE(copy);
		memcpy(copy, bytes.data, i);
		CHECK_NUMBER(request_read(copy, i, arena, &request), -EBADMSG);
	}
}

TEST(a_count_that_lies_is_refused)
{
	AUTO(buffer_free) struct buffer bytes = { 0 };
	AUTO(arena_freep) struct arena *arena = arena_new();
	struct worker_request request;
	struct worker_request lying = sent;

	lying.path_count = 1; /* there are always two */
	REQUIRE(arena && request_write(&lying, &bytes) == 0);
	CHECK_NUMBER(request_read(bytes.data, bytes.length, arena, &request), -EBADMSG);
}

TEST(descriptor_paths_become_real_names)
{
	static const char text[] = "/proc/self/fd/6/a /proc/self/fd/7 /proc/self/fd/8 "
				   "/proc/self/fd/60/b /virtual/source.c:1 /virtual/x";
	AUTO(buffer_free) struct buffer out = { 0 };

	request_real_names(&sent, text, strlen(text), &out);
	CHECK_TEXT(buffer_text(&out), "/tree/a /home/me /proc/self/fd/8 /proc/self/fd/60/b "
				      "mine.c:1 /virtual/x");
}
