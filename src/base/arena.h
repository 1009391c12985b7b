/* SPDX-License-Identifier: Apache-2.0 */
/*
 * An arena: many small allocations that end together. A source, an image and a
 * snapshot each live in one, so freeing them is one call and no error path can
 * leak a half-built tree.
 *
 * A failed allocation is remembered: build everything, then ask arena_failed()
 * once.
 */
#ifndef BASE_ARENA_H
#define BASE_ARENA_H

#include <stdbool.h>
#include <stddef.h>

struct arena;

/* NULL when out of memory. */
struct arena *arena_new(void);
void arena_free(struct arena *arena);
void arena_freep(struct arena **arena);

/* Zeroed, aligned for any type; NULL (and the arena marked failed) when out of
 * memory or when count × size overflows. A zero size gives a valid pointer. */
void *arena_alloc(struct arena *arena, size_t count, size_t size);
void *arena_copy(struct arena *arena, const void *data, size_t count, size_t size);
char *arena_string(struct arena *arena, const char *string); /* NULL stays NULL */
char *arena_string_n(struct arena *arena, const char *string, size_t length);
__attribute__((format(printf, 2, 3))) char *arena_printf(struct arena *arena, const char *format,
							 ...);
bool arena_failed(const struct arena *arena);

/* An object in an arena of its own, zeroed: all that it points to can be allocated there
 * and ends with it. NULL when out of memory. */
void *arena_object_new(size_t size);
struct arena *arena_of(const void *object); /* made by arena_object_new(), and none other */
void arena_object_free(void *object);
void arena_object_freep(void *object); /* AUTO() of a pointer to any such object */

#define ARENA_NEW(arena, type) ((type *)arena_alloc(arena, 1, sizeof(type)))
#define ARENA_ARRAY(arena, type, count) ((type *)arena_alloc(arena, count, sizeof(type)))

#endif
