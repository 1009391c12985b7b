/* SPDX-License-Identifier: Apache-2.0 */
/* The tables of several files: which are whose. */
#include <errno.h>
#include <string.h>

#include "base/error.h"
#include "base/print_record.h"
#include "image/format.h"
#include "image/image.h"
#include "image/merge_steps.h"

#define NOWHERE UINT32_MAX /* of a map whose number is not known yet */

static bool is_extern(const struct image_part *part, const char *table)
{
	for (size_t i = 0; i < part->extern_count; i++)
		if (strcmp(part->externs[i], table) == 0)
			return true;
	return false;
}

static bool is_same_pin(const struct skbscope_image_map *a, const struct skbscope_image_map *b)
{
	return a->pin_path && b->pin_path && strcmp(a->pin_path, b->pin_path) == 0 &&
	       a->type == b->type && a->key_size == b->key_size && a->value_size == b->value_size &&
	       a->max_entries == b->max_entries;
}

/* The ring of the prints: the compiler's, and one for all. */
static bool is_same_ring(const struct skbscope_image_map *a, const struct skbscope_image_map *b)
{
	return strcmp(a->name, PRINT_TABLE) == 0 && a->type == b->type &&
	       a->max_entries == b->max_entries;
}

static int declared_twice(const struct merge *merge, size_t part, const char *name, int there)
{
	return hint(merge->error,
		    fail(merge->error, EEXIST, MERGE_STAGE,
			 "'%s' and '%s' both declare a table '%s'", merge->owners[there]->path,
			 merge->parts[part].image->path, name),
		    "if they mean the same one, declare it in one of them as "
		    "BPF_TABLE(\"extern\", key type, value type, %s, entries); else rename it",
		    name);
}

/* What follows from the functions is filled in when all of them are there. */
static void add_map(struct merge *merge, size_t part, const struct skbscope_image_map *map)
{
	const struct merge_place *place = &merge->places[part];

	merge->maps[merge->image->map_count] = (struct skbscope_image_map){
		.name = arena_string(merge->arena, map->name),
		.type = map->type,
		.key_size = map->key_size,
		.value_size = map->value_size,
		.max_entries = map->max_entries,
		.flags = map->flags,
		.btf_key_type_id = merge_type(place, map->btf_key_type_id),
		.btf_value_type_id = merge_type(place, map->btf_value_type_id),
		.inner_map = -1, /* see number_inner_maps() */
		.pin_path = arena_string(merge->arena, map->pin_path),
		.key_description = arena_string(merge->arena, map->key_description),
		.value_description = arena_string(merge->arena, map->value_description),
		.histogram = map->histogram,
	};
	merge->owners[merge->image->map_count++] = merge->parts[part].image;
}

static int add_own_maps(struct merge *merge, size_t part)
{
	const struct skbscope_image *image = merge->parts[part].image;

	for (size_t i = 0; i < image->map_count; i++) {
		const struct skbscope_image_map *map = &image->maps[i];
		int there = image_find_map(merge->image, map->name);

		merge->places[part].maps[i] = NOWHERE;
		if (is_extern(&merge->parts[part], map->name))
			continue;
		if (there >= 0 && !is_same_pin(&merge->maps[there], map) &&
		    !is_same_ring(&merge->maps[there], map))
			return declared_twice(merge, part, map->name, there);
		merge->places[part].maps[i] =
			there >= 0 ? (uint32_t)there : (uint32_t)merge->image->map_count;
		if (there < 0)
			add_map(merge, part, map);
	}
	return 0;
}

static int no_owner(const struct merge *merge, const struct skbscope_image *image,
		    const char *table)
{
	return hint(merge->error,
		    fail(merge->error, ENOENT, MERGE_STAGE,
			 "'%s' says that the table '%s' is another file's (extern), and no file of "
			 "the program declares it",
			 image->path, table),
		    "name the file that does with --with FILE, or with @with FILE in the first "
		    "comment");
}

static int other_shape(const struct merge *merge, const struct skbscope_image *image,
		       const struct skbscope_image_map *map, int there)
{
	const struct skbscope_image_map *own = &merge->maps[there];

	return hint(merge->error,
		    fail(merge->error, EINVAL, MERGE_STAGE,
			 "'%s' says that the table '%s' has keys of %u and values of %u bytes; in "
			 "'%s', which declares it, they have %u and %u",
			 image->path, map->name, map->key_size, map->value_size,
			 merge->owners[there]->path, own->key_size, own->value_size),
		    "use the same types in both: a struct in a header that both include");
}

static int find_externs(const struct merge *merge, size_t part)
{
	const struct skbscope_image *image = merge->parts[part].image;

	for (size_t i = 0; i < image->map_count; i++) {
		const struct skbscope_image_map *map = &image->maps[i];
		int there;

		if (merge->places[part].maps[i] != NOWHERE)
			continue;
		there = image_find_map(merge->image, map->name);
		if (there < 0)
			return no_owner(merge, image, map->name);
		if (merge->maps[there].key_size != map->key_size ||
		    merge->maps[there].value_size != map->value_size)
			return other_shape(merge, image, map, there);
		/* A file of tables alone has no types. */
		if (!merge->maps[there].btf_value_type_id) {
			merge->maps[there].btf_key_type_id =
				merge_type(&merge->places[part], map->btf_key_type_id);
			merge->maps[there].btf_value_type_id =
				merge_type(&merge->places[part], map->btf_value_type_id);
		}
		merge->places[part].maps[i] = (uint32_t)there;
	}
	return 0;
}

/* After all have their numbers. */
static void number_inner_maps(const struct merge *merge, size_t part)
{
	const struct skbscope_image *image = merge->parts[part].image;
	const uint32_t *numbers = merge->places[part].maps;

	for (size_t i = 0; i < image->map_count; i++)
		if (merge->owners[numbers[i]] == image && image->maps[i].inner_map >= 0)
			merge->maps[numbers[i]].inner_map =
				(int32_t)numbers[image->maps[i].inner_map];
}

int merge_maps(struct merge *merge)
{
	size_t most = 0;
	int r = 0;

	for (size_t i = 0; i < merge->count; i++) {
		size_t count = merge->parts[i].image->map_count;

		merge->places[i].maps = ARENA_ARRAY(merge->arena, uint32_t, count);
		most += count;
	}
	merge->image->maps = merge->maps =
		ARENA_ARRAY(merge->arena, struct skbscope_image_map, most);
	merge->owners = ARENA_ARRAY(merge->arena, const struct skbscope_image *, most);
	if (arena_failed(merge->arena))
		return fail_memory(merge->error, MERGE_STAGE);
	for (size_t i = 0; i < merge->count && r == 0; i++)
		r = add_own_maps(merge, i);
	for (size_t i = 0; i < merge->count && r == 0; i++)
		r = find_externs(merge, i);
	for (size_t i = 0; i < merge->count && r == 0; i++)
		number_inner_maps(merge, i);
	if (r == 0 && merge->image->map_count > IMAGE_MAX_MAPS)
		r = fail(merge->error, E2BIG, MERGE_STAGE,
			 "the files have %zu tables, and %u are the most", merge->image->map_count,
			 IMAGE_MAX_MAPS);
	return r;
}
