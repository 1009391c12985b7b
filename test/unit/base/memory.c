/* SPDX-License-Identifier: Apache-2.0 */
/* base/arena, base/buffer and base/error. */
#include <errno.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/buffer.h"
#include "base/cleanup.h"
#include "base/error.h"
#include "harness.h"

TEST(an_arena_zeroes_and_aligns_what_it_gives)
{
	AUTO(arena_freep) struct arena *arena = arena_new();

	REQUIRE(arena);
	for (size_t size = 1; size < 20000; size = size * 3 + 1) {
		uint8_t *bytes = arena_alloc(arena, 1, size);

		REQUIRE(bytes);
		CHECK_NUMBER((uintptr_t)bytes % 16, 0);
		CHECK(bytes[0] == 0 && bytes[size - 1] == 0);
		memset(bytes, 0xff, size);
	}
	CHECK_TEXT(arena_printf(arena, "%s-%d", "a", 7), "a-7");
	CHECK(!arena_failed(arena));
}

TEST(an_arena_remembers_an_overflow)
{
	AUTO(arena_freep) struct arena *arena = arena_new();

	CHECK(!arena_alloc(arena, SIZE_MAX / 2, 3));
	CHECK(arena_failed(arena));
}

TEST(an_object_is_found_its_arena_and_ends_with_it)
{
	AUTO(arena_object_freep) struct {
		long double widest;
		const char *name;
	} *object = NULL;

	object = arena_object_new(sizeof(*object));
	REQUIRE(object);
	CHECK_NUMBER((uintptr_t)object % 16, 0);
	CHECK(!object->name);
	object->name = arena_string(arena_of(object), "owned");
	CHECK_TEXT(object->name, "owned");
	arena_object_free(NULL);
}

TEST(a_buffer_is_always_a_string)
{
	AUTO(buffer_free) struct buffer buffer = { 0 };

	CHECK_TEXT(buffer_text(&buffer), "");
	buffer_printf(&buffer, "%05d", 42);
	for (int i = 0; i < 1000; i++)
		buffer_string(&buffer, "x");
	CHECK_NUMBER(strlen(buffer_text(&buffer)), 1005);
	buffer_clear(&buffer);
	CHECK_TEXT(buffer_text(&buffer), "");
}

TEST(a_buffer_remembers_an_overflow)
{
	AUTO(buffer_free) struct buffer buffer = { 0 };

	buffer_string(&buffer, "before");
	CHECK(!buffer.failed);
	buffer_reserve(&buffer, SIZE_MAX);
	CHECK(buffer.failed);
	buffer_string(&buffer, "after");
	CHECK_TEXT(buffer_text(&buffer), "before");
	buffer_clear(&buffer);
	buffer_string(&buffer, "again");
	CHECK(!buffer.failed);
	CHECK_TEXT(buffer_text(&buffer), "again");
}

TEST(an_error_code_is_always_negative)
{
	struct skbscope_error error;

	CHECK_NUMBER(fail(&error, ENOENT, SKBSCOPE_STAGE_READ, "no '%s'", "x.c"), -ENOENT);
	CHECK_NUMBER(error.code, -ENOENT);
	CHECK_NUMBER(fail(NULL, 0, SKBSCOPE_STAGE_READ, "nothing"), -EINVAL);
	fail_errno(&error, -EACCES, SKBSCOPE_STAGE_READ, "cannot open");
	CHECK_TEXT(error.message, "cannot open: Permission denied");
	CHECK_TEXT(error.hint, "");
}

TEST(too_many_open_files_is_told_with_what_helps)
{
	struct skbscope_error error;

	CHECK_NUMBER(fail_errno(&error, EMFILE, SKBSCOPE_STAGE_READ, "cannot open"), -EMFILE);
	CHECK_TEXT(error.message, "cannot open: Too many open files");
	CHECK_CONTAINS(error.hint, "ulimit -n");
	fail_errno(&error, -ENFILE, SKBSCOPE_STAGE_READ, "cannot open");
	CHECK_CONTAINS(error.hint, "fs.file-max");
}

TEST(only_a_near_word_becomes_the_hint)
{
	const char *const words[] = { "list", "clear" };
	struct skbscope_error error = { 0 };

	hint(&error, fail(&error, EINVAL, SKBSCOPE_STAGE_USAGE, "no"), "see the manual");
	CHECK(!hint_nearest(&error, "frobnicate", words, 2));
	CHECK_TEXT(error.hint, "see the manual");
	CHECK(hint_nearest(&error, "claer", words, 2));
	CHECK_TEXT(error.hint, "did you mean 'clear'?");
	CHECK(hint_nearest(NULL, "lsit", words, 2));
}
