/* SPDX-License-Identifier: Apache-2.0 */
/* A list of chunks, each at least ARENA_CHUNK bytes. */
#include "base/arena.h"

#include <stdalign.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define ARENA_CHUNK 4096u

struct chunk {
	struct chunk *next;
	size_t used, capacity;
	alignas(max_align_t) uint8_t data[];
};

struct arena {
	struct chunk *chunks;
	bool failed;
};

struct arena *arena_new(void)
{
	return calloc(1, sizeof(struct arena));
}

void arena_free(struct arena *arena)
{
	if (!arena)
		return;
	for (struct chunk *chunk = arena->chunks, *next; chunk; chunk = next) {
		next = chunk->next;
		free(chunk);
	}
	free(arena);
}

void arena_freep(struct arena **arena)
{
	arena_free(*arena);
	*arena = NULL;
}

void *arena_alloc(struct arena *arena, size_t count, size_t size)
{
	const size_t alignment = alignof(max_align_t);
	struct chunk *chunk = arena->chunks;
	size_t bytes;
	void *data;

	if (__builtin_mul_overflow(count, size, &bytes) ||
	    bytes > SIZE_MAX - sizeof(struct chunk) - alignment) {
		arena->failed = true;
		return NULL;
	}
	bytes = (bytes + alignment - 1) / alignment * alignment;
	if (!chunk || chunk->capacity - chunk->used < bytes) {
		size_t capacity = bytes > ARENA_CHUNK ? bytes : ARENA_CHUNK;

		chunk = calloc(1, sizeof(*chunk) + capacity);
		if (!chunk) {
			arena->failed = true;
			return NULL;
		}
		chunk->capacity = capacity;
		chunk->next = arena->chunks;
		arena->chunks = chunk;
	}
	data = chunk->data + chunk->used;
	chunk->used += bytes;
	return data;
}

void *arena_copy(struct arena *arena, const void *data, size_t count, size_t size)
{
	void *copy = arena_alloc(arena, count, size);

	if (copy && count && size)
		memcpy(copy, data, count * size);
	return copy;
}

char *arena_string(struct arena *arena, const char *string)
{
	return string ? arena_string_n(arena, string, strlen(string)) : NULL;
}

char *arena_string_n(struct arena *arena, const char *string, size_t length)
{
	char *copy = arena_alloc(arena, length + 1, 1);

	if (copy && length)
		memcpy(copy, string, length);
	return copy;
}

char *arena_printf(struct arena *arena, const char *format, ...)
{
	va_list arguments;
	char *string;
	int length;

	va_start(arguments, format);
	length = vsnprintf(NULL, 0, format, arguments);
	va_end(arguments);
	if (length < 0) {
		arena->failed = true;
		return NULL;
	}
	string = arena_alloc(arena, (size_t)length + 1, 1);
	if (string) {
		va_start(arguments, format);
		vsnprintf(string, (size_t)length + 1, format, arguments);
		va_end(arguments);
	}
	return string;
}

bool arena_failed(const struct arena *arena)
{
	return arena->failed;
}

struct object {
	struct arena *arena;
	alignas(max_align_t) uint8_t data[];
};

void *arena_object_new(size_t size)
{
	struct arena *arena = arena_new();
	struct object *object = arena ? arena_alloc(arena, 1, sizeof(*object) + size) : NULL;

	if (!object) {
		arena_free(arena);
		return NULL;
	}
	object->arena = arena;
	return object->data;
}

struct arena *arena_of(const void *object)
{
	struct arena *arena;

	memcpy(&arena, (const uint8_t *)object - offsetof(struct object, data), sizeof(arena));
	return arena;
}

void arena_object_free(void *object)
{
	if (object)
		arena_free(arena_of(object));
}

void arena_object_freep(void *object)
{
	void **pointer = object;

	arena_object_free(*pointer);
	*pointer = NULL;
}
