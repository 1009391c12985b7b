/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Members that the program only sets are no amounts: neither do CPUs' values of them add up,
 * nor does a rate say anything. Nor are those that it leaves to who fills the table, and writes
 * others beside them. Types that are shared by tables are copied for that.
 */
#include <string.h>

#include "model/histogram.h"
#include "model/types.h"

enum how { ADDED, SET, BITS, SMALLEST, LARGEST, LEFT };

/* What becomes of those bits. What an entry begins with says little where more is done to it. */
static enum how how_written(const struct skbscope_image_map *map, uint64_t bit_offset,
			    uint32_t bits)
{
	const uint64_t first = bit_offset / 8, end = (bit_offset + bits + 7) / 8;
	bool begins = false, sets = false, of_bits = false, smallest = false, largest = false;

	for (size_t i = 0; i < map->write_count; i++) {
		const struct skbscope_image_write *write = &map->writes[i];
		const uint64_t write_end = (uint64_t)write->offset + write->size;

		if (write_end <= first || write->offset >= end)
			continue;
		if (write->adds || write->offset > first || write_end < end)
			return ADDED;
		if (write->whole || write->keeps == SKBSCOPE_KEEPS_FIRST)
			begins = true;
		else if (write->bits)
			of_bits = true;
		else if (write->keeps == SKBSCOPE_KEEPS_SMALLEST)
			smallest = true;
		else if (write->keeps == SKBSCOPE_KEEPS_LARGEST)
			largest = true;
		else
			sets = true;
	}
	if (sets || smallest + largest + of_bits > 1)
		return SET;
	return of_bits ? BITS : smallest ? SMALLEST : largest ? LARGEST : begins ? SET : LEFT;
}

static bool is_amount(const struct skbscope_type *type)
{
	/* Whoever writes count_t, or a bucket, says that it is one. */
	return (type->adds_up && strcmp(type->name, "count_t") != 0 &&
		!display_is_bucket(type->display)) ||
	       (type->kind == SKBSCOPE_KIND_ARRAY && type->display == SKBSCOPE_DISPLAY_PLAIN &&
		is_amount(type->element));
}

static const struct skbscope_type *record(const struct skbscope_type *type,
					  const struct skbscope_image_map *map, uint64_t bit_offset,
					  struct arena *arena);

/* Of which a type has not said what several are. */
static bool has_bits(const struct skbscope_type *type)
{
	return type->kind == SKBSCOPE_KIND_INTEGER && !type->adds_up &&
	       type->of_cpus == SKBSCOPE_OF_CPUS_FIRST;
}

static const struct skbscope_type *convert(const struct skbscope_type *type,
					   const struct skbscope_image_map *map,
					   uint64_t bit_offset, uint32_t bits, struct arena *arena)
{
	static const enum skbscope_of_cpus of_cpus[] = {
		[SET] = SKBSCOPE_OF_CPUS_SET,
		[BITS] = SKBSCOPE_OF_CPUS_BITS,
		[SMALLEST] = SKBSCOPE_OF_CPUS_SMALLEST,
		[LARGEST] = SKBSCOPE_OF_CPUS_LARGEST,
	};
	const bool is_record =
		type->kind == SKBSCOPE_KIND_STRUCT && type->display == SKBSCOPE_DISPLAY_PLAIN;
	const enum how how = is_record ? ADDED : how_written(map, bit_offset, bits);
	struct skbscope_type *copy;

	if (is_record && bits == type->bits)
		return record(type, map, bit_offset, arena);
	if (how == ADDED || !(is_amount(type) || (how == BITS && has_bits(type))) ||
	    (how == LEFT && type->kind != SKBSCOPE_KIND_INTEGER))
		return type;
	copy = arena_copy(arena, type, 1, sizeof(*type));
	if (!copy)
		return type;
	copy->adds_up = false;
	if (how != LEFT) /* else it is the same on all */
		copy->of_cpus = of_cpus[how];
	return copy;
}

static const struct skbscope_type *record(const struct skbscope_type *type,
					  const struct skbscope_image_map *map, uint64_t bit_offset,
					  struct arena *arena)
{
	struct skbscope_member *members = NULL;
	struct skbscope_type *copy;

	for (size_t i = 0; i < type->member_count; i++) {
		const struct skbscope_member *member = &type->members[i];
		const struct skbscope_type *now =
			convert(member->type, map, bit_offset + member->bit_offset,
				member->bit_size, arena);

		if (now == member->type)
			continue;
		if (!members)
			members = arena_copy(arena, type->members, type->member_count,
					     sizeof(*members));
		if (!members)
			return type;
		members[i].type = now;
	}
	copy = members ? arena_copy(arena, type, 1, sizeof(*type)) : NULL;
	if (!copy)
		return type;
	copy->members = members;
	return copy;
}

const struct skbscope_type *type_assigned(const struct skbscope_type *type,
					  const struct skbscope_image_map *map, struct arena *arena)
{
	return type && map->write_count ? convert(type, map, 0, type->bits, arena) : type;
}
