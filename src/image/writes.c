/* SPDX-License-Identifier: Apache-2.0 */
/* Of each map what the image's functions write into its values, for whoever shows them. */
#include "image/writes.h"

#include <errno.h>
#include <stdlib.h>

#include "base/arena.h"
#include "base/buffer.h"
#include "base/cleanup.h"
#include "image/audit.h"
#include "image/context.h"

/* Of one map; beyond, all of its values is said to be added to. */
#define WRITES_MAX 512u

/* LIST is of struct skbscope_image_write. */
static void add(struct buffer *list, const struct skbscope_image_map *map,
		struct skbscope_image_write write)
{
	const struct skbscope_image_write *known = (const void *)list->data;
	const size_t count = list->length / sizeof(write);

	if (count > WRITES_MAX)
		return;
	if (count == WRITES_MAX || write.offset >= map->value_size ||
	    write.size > map->value_size - write.offset) {
		write.offset = 0;
		write.size = map->value_size;
		write.adds = true;
	}
	for (size_t i = 0; i < count; i++)
		if (known[i].offset == write.offset && known[i].size == write.size &&
		    known[i].adds == write.adds && known[i].bits == write.bits &&
		    known[i].keeps == write.keeps && known[i].whole == write.whole)
			return;
	buffer_append(list, &write, sizeof(write));
}

/* Constants are what an entry starts with; runs of the rest come from somewhere. */
static void add_update(struct buffer *list, const struct skbscope_image_map *map,
		       const struct audit_finding *finding, struct skbscope_image_write write)
{
	const uint64_t constant = finding->zeros | finding->constants;
	const uint32_t known = finding->size < 64 ? finding->size : 64;
	uint32_t end;

	for (uint32_t i = 0; i < known; i = end) {
		const bool fresh = finding->fresh >> i & 1;

		end = i + 1;
		if (constant >> i & 1)
			continue;
		while (end < known && !(constant >> end & 1) &&
		       (finding->fresh >> end & 1) == fresh)
			end++;
		write.offset = i;
		write.size = end - i;
		write.adds = !fresh;
		add(list, map, write);
	}
	write.offset = known;
	write.size = map->value_size - known;
	write.adds = true;
	if (write.size)
		add(list, map, write);
}

static void add_finding(const struct skbscope_image *image, uint32_t program,
			const struct audit_finding *finding, struct buffer *lists)
{
	struct skbscope_image_write write = { .program = program,
					      .instruction = finding->instruction,
					      .adds = finding->adds };

	for (size_t i = 0; i < image->map_count; i++) {
		const struct skbscope_image_map *map = &image->maps[i];

		if (finding->map >= 0 && (size_t)finding->map != i)
			continue;
		if (finding->kind == AUDIT_VALUE_UPDATE) {
			write.whole = true;
			add_update(&lists[i], map, finding, write);
			continue;
		}
		write.offset = finding->offset < 0 ? 0 : (uint32_t)finding->offset;
		write.size = finding->offset < 0 ? map->value_size : finding->size;
		write.adds = finding->adds || finding->offset < 0;
		write.bits = finding->bits;
		write.keeps = finding->keeps;
		add(&lists[i], map, write);
	}
}

static int add_function(const struct skbscope_image *image, uint32_t program, struct buffer *lists)
{
	AUTO(freep) struct audit_finding *findings = NULL;
	size_t count = 0;
	int r = audit_program(image, &image->programs[program], &findings, &count);

	for (size_t i = 0; i < count && r == 0; i++) {
		struct audit_finding *finding = &findings[i];

		if (finding->kind ==
		    AUDIT_UNKNOWN_WRITE) { /* into any value, for all that is known */
			finding->map = -1;
			finding->offset = -1;
		} else if (finding->kind != AUDIT_VALUE_STORE &&
			   finding->kind != AUDIT_VALUE_UPDATE) {
			continue;
		}
		add_finding(image, program, finding, lists);
	}
	return r;
}

static int keep(const struct buffer *list, struct arena *arena, struct skbscope_image_map *map)
{
	map->write_count = list->length / sizeof(*map->writes);
	map->writes = arena_copy(arena, list->data, 1, list->length);
	return list->failed || (map->write_count && !map->writes) ? -ENOMEM : 0;
}

int writes_fill(struct skbscope_image *image)
{
	AUTO(freep) struct buffer *lists = calloc(image->map_count + 1, sizeof(*lists));
	struct foreign foreign;
	int r = lists ? 0 : -ENOMEM;

	for (uint32_t i = 0; i < image->program_count && r == 0; i++)
		if (!context_is_foreign(&image->programs[i], &foreign))
			r = add_function(image, i, lists);
	for (size_t i = 0; lists && i < image->map_count; i++) {
		/* The public view is const for its readers, not for its maker. */
		struct skbscope_image_map *map = (struct skbscope_image_map *)&image->maps[i];

		if (map->pin_path)
			add(&lists[i], map,
			    (struct skbscope_image_write){ .size = map->value_size, .adds = true });
		if (r == 0)
			r = keep(&lists[i], arena_of(image), map);
		buffer_free(&lists[i]);
	}
	return r;
}
