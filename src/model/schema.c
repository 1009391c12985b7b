/* SPDX-License-Identifier: Apache-2.0 */
/*
 * From an image's maps to tables with columns. A type is believed only if its
 * size is the map's: BTF first, then bcc's description, then plain bytes.
 */
#include "model/schema.h"

#include <bpf/libbpf.h>
#include <errno.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/cleanup.h"
#include "base/error.h"
#include "base/print_record.h"
#include "model/help.h"
#include "model/histogram.h"
#include "model/parser.h"
#include "model/types.h"
#include "model/value.h"

struct schema_set {
	atomic_uint references;
	struct arena *arena; /* its own */
	struct table_schema *tables;
	size_t count;
};

const char *map_type_name(uint32_t type)
{
	static _Thread_local char unknown[32];
	const char *name = libbpf_bpf_map_type_str(type);

	if (name)
		return name;
	snprintf(unknown, sizeof(unknown), "type %u", type);
	return unknown;
}

bool map_type_is(uint32_t type, enum map_trait trait)
{
	/* Queues and stacks would be emptied by reading; those that are not here hold
	 * descriptors or events, not rows. */
	static const unsigned int traits[] = {
		[BPF_MAP_TYPE_HASH] = MAP_READABLE | MAP_NUMERIC | MAP_CAN_FILL,
		[BPF_MAP_TYPE_ARRAY] = MAP_READABLE | MAP_NUMERIC | MAP_ARRAY,
		[BPF_MAP_TYPE_PERCPU_HASH] =
			MAP_READABLE | MAP_NUMERIC | MAP_CAN_FILL | MAP_PER_CPU,
		[BPF_MAP_TYPE_PERCPU_ARRAY] = MAP_READABLE | MAP_NUMERIC | MAP_ARRAY | MAP_PER_CPU,
		[BPF_MAP_TYPE_LRU_HASH] = MAP_READABLE | MAP_NUMERIC | MAP_EVICTS,
		[BPF_MAP_TYPE_LRU_PERCPU_HASH] =
			MAP_READABLE | MAP_NUMERIC | MAP_PER_CPU | MAP_EVICTS,
		[BPF_MAP_TYPE_LPM_TRIE] = MAP_READABLE | MAP_NUMERIC | MAP_CAN_FILL,
		[BPF_MAP_TYPE_STACK_TRACE] = MAP_READABLE,
		[BPF_MAP_TYPE_DEVMAP] = MAP_READABLE,
		[BPF_MAP_TYPE_DEVMAP_HASH] = MAP_READABLE | MAP_CAN_FILL,
		[BPF_MAP_TYPE_CPUMAP] = MAP_READABLE,
		[BPF_MAP_TYPE_CGROUP_STORAGE] = MAP_READABLE,
		[BPF_MAP_TYPE_PERCPU_CGROUP_STORAGE] = MAP_READABLE | MAP_PER_CPU,
	};

	return type < sizeof(traits) / sizeof(*traits) && traits[type] & trait;
}

static bool is_sized(const struct skbscope_type *type, uint32_t size)
{
	return type && type->bits == (uint64_t)size * 8;
}

static const struct skbscope_type *choose_type(struct btf_types *types, uint32_t id,
					       const char *description, uint32_t size,
					       struct arena *arena, bool *from_btf)
{
	const struct skbscope_type *type;

	*from_btf = true;
	if (!size)
		return NULL;
	type = types ? btf_types_get(types, id) : NULL;
	if (is_sized(type, size))
		return type;
	*from_btf = false;
	type = description ? type_from_description(description, arena) : NULL;
	if (is_sized(type, size))
		return type;
	return type_bytes(arena, size);
}

/* The last column of the key is the bucket, the only one of the value the count. */
static bool can_be_histogram(const struct skbscope_schema *schema)
{
	const struct skbscope_column *bucket, *count;

	if (!schema->readable || schema->column_count < 2)
		return false;
	count = &schema->columns[schema->column_count - 1];
	bucket = count - 1;
	return bucket->is_key && bucket->type->kind == SKBSCOPE_KIND_INTEGER &&
	       bucket->bit_size <= 64 && count->is_counter && count->bit_size <= 64;
}

/* A key of type log2_t says itself what it is. */
static enum skbscope_histogram histogram_of(const struct skbscope_schema *schema,
					    enum skbscope_histogram declared)
{
	const struct skbscope_column *bucket = &schema->columns[schema->column_count - 2];

	return declared && bucket->type->display == SKBSCOPE_DISPLAY_LOG2 ? SKBSCOPE_HISTOGRAM_LOG2
									  : declared;
}

static enum skbscope_histogram scale_of(const struct skbscope_table_tag *tag)
{
	return tag->argument && strcmp(tag->argument, "linear") == 0 ? SKBSCOPE_HISTOGRAM_LINEAR
								     : SKBSCOPE_HISTOGRAM_LOG2;
}

/* The fewest rows that may be left when some have been thrown away. Every CPU keeps up to
 * 128 free ones to itself, and makes as many when no others are left (bpf_lru_list.c); or
 * each has its share of the table alone. */
static uint32_t evicts_from(const struct skbscope_image_map *map)
{
	const int possible = libbpf_num_possible_cpus();
	const uint64_t cpus = possible > 0 ? (uint64_t)possible : 1, kept = 128 * (cpus + 2);

	if (map->flags & BPF_F_NO_COMMON_LRU)
		return (uint32_t)(map->max_entries / cpus / 2) + 1;
	return map->max_entries > kept ? (uint32_t)(map->max_entries - kept) : 1;
}

static const uint8_t *find_key_holes(const struct skbscope_schema *schema, struct arena *arena)
{
	uint8_t *holes = arena_alloc(arena, 1, schema->key_size);
	bool any = false;

	if (!holes)
		return NULL;
	memset(holes, 1, schema->key_size);
	for (size_t i = 0; i < schema->column_count; i++) {
		const struct skbscope_column *column = &schema->columns[i];
		uint32_t first = column->bit_offset / 8;
		uint32_t end = (column->bit_offset + column->bit_size + 7) / 8;

		if (column->is_key && end <= schema->key_size)
			memset(holes + first, 0, end - first);
	}
	for (uint32_t i = 0; i < schema->key_size; i++)
		any |= holes[i];
	return any ? holes : NULL;
}

/* Of types whose sizes are the schema's; NULL where there are no bytes. */
static void make_columns(struct table_schema *table, const struct skbscope_type *key,
			 const struct skbscope_type *value, struct arena *arena)
{
	struct skbscope_schema *schema = &table->public;
	int columns = columns_make(key, value, arena, &schema->columns);

	if (columns < 0)
		columns = columns_make(
			schema->key_size ? type_bytes(arena, schema->key_size) : NULL,
			schema->value_size ? type_bytes(arena, schema->value_size) : NULL, arena,
			&schema->columns);
	schema->column_count = columns < 0 ? 0 : (size_t)columns;
	for (size_t i = 0; i < schema->column_count; i++)
		schema->counter_count += schema->columns[i].is_counter;
	schema->figure_count =
		figures_make(schema->columns, schema->column_count, (uint32_t)schema->counter_count,
			     arena, &schema->figures);
	for (size_t i = 0; i < schema->figure_count; i++)
		schema->counter_count += schema->figures[i].is_counter;
	table->sum = sum_plan_make(value, schema->value_size, arena);
}

/* Of {length, ip_address_t} the length is shown as it is written for either family. */
static void show_prefix(const struct table_schema *table, struct arena *arena)
{
	const struct skbscope_schema *schema = &table->public;
	struct skbscope_column *length = (struct skbscope_column *)schema->columns;
	struct skbscope_type *type;

	if (!half_is_prefix(schema) || schema->key_size != 4 + 16 ||
	    length->type->display != SKBSCOPE_DISPLAY_PLAIN ||
	    length[1].type->display != SKBSCOPE_DISPLAY_IP)
		return;
	type = arena_copy(arena, length->type, 1, sizeof(*type));
	if (!type)
		return;
	type->display = SKBSCOPE_DISPLAY_PREFIX;
	length->type = type;
}

/* Of so many bytes, if that is known: what was submitted is often the first of an array. */
static const struct skbscope_type *event_of_size(const struct skbscope_type *type, uint32_t size,
						 struct arena *arena)
{
	if (!type)
		return size ? type_bytes(arena, size) : NULL;
	if (!size || type_is_record(type) || !type->bits || size * UINT64_C(8) <= type->bits ||
	    size * UINT64_C(8) % type->bits)
		return type;
	return type_array(arena, type, size * UINT64_C(8) / type->bits);
}

/* One line is of one struct. */
static int two_structs(const char *table, const struct skbscope_type *first,
		       const struct skbscope_type *second, struct skbscope_error *error)
{
	return hint(error,
		    fail(error, EINVAL, SKBSCOPE_STAGE_COMPILE,
			 "both '%s' and '%s' are submitted to the table '%s'", first->name,
			 second->name, table),
		    "declare a table for each; or write @event %s STRUCT in the comment at the top "
		    "to see all as that one",
		    table);
}

/* Members of a rendered event that are no columns. */
static bool is_said_of_events(const char *name)
{
	static const char *const names[] = { "event", "time", "function", "rest", "rest_bytes" };

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (strcmp(name, names[i]) == 0)
			return true;
	return false;
}

/* Each is one of many: its numbers are no counts that grow. */
static void count_nothing(struct skbscope_schema *schema)
{
	for (size_t i = 0; i < schema->column_count; i++)
		((struct skbscope_column *)&schema->columns[i])->is_counter = false;
	for (size_t i = 0; i < schema->figure_count; i++)
		((struct skbscope_column *)&schema->figures[i])->is_counter = false;
	schema->counter_count = 0;
}

static bool is_among(const char *const *names, const char *name)
{
	while (*names && strcmp(*names, name) != 0)
		names++;
	return *names;
}

static void set_details(struct skbscope_schema *schema, const struct table_description *description)
{
	for (size_t i = 0; i < schema->column_count; i++) {
		struct skbscope_column *column = (struct skbscope_column *)&schema->columns[i];

		column->is_detail = description->shown && i < description->own_columns &&
				    !is_among(description->shown, column->name);
		column->is_unrated =
			description->rated && !is_among(description->rated, column->name);
	}
}

static int make_events(const struct skbscope_image_map *map, struct btf_types *types,
		       struct arena *arena, struct table_schema *table,
		       struct skbscope_error *error)
{
	struct skbscope_schema *schema = &table->public;
	const struct skbscope_type *type = NULL, *other = NULL;

	schema->is_prints = print_is_table(map->name);
	if (types && !schema->is_prints)
		type = btf_types_event(types, map->name, &other);
	if (type && other)
		return two_structs(map->name, type, other, error);
	schema->has_btf = type != NULL;
	if (!schema->is_prints)
		type = event_of_size(type, map->events->size, arena);
	schema->is_events = true;
	schema->key_size = 0;
	schema->value_size = type ? type->bits / 8 : 0;
	make_columns(table, NULL, type, arena);
	count_nothing(schema);
	for (size_t i = 0; i < schema->column_count; i++) {
		struct skbscope_column *column = (struct skbscope_column *)&schema->columns[i];

		if (is_said_of_events(column->name))
			column->name = arena_printf(arena, "value.%s", column->name);
	}
	return 0;
}

static int make_table(const struct skbscope_image_map *map, struct btf_types *types,
		      struct arena *arena, struct table_schema *table, struct skbscope_error *error)
{
	struct skbscope_schema *schema = &table->public;
	const struct skbscope_type *key, *value;
	bool key_btf, value_btf;

	schema->table = type_name_copy(arena, map->name ? map->name : "");
	if (map->events && print_is_table(map->name))
		schema->table = PRINT_SHOWN;
	schema->map_type = arena_string(arena, map_type_name(map->type));
	schema->key_size = map->key_size;
	schema->value_size = map->value_size;
	schema->max_entries = map->max_entries;
	schema->per_cpu = map_type_is(map->type, MAP_PER_CPU);
	schema->is_array = map_type_is(map->type, MAP_ARRAY);
	schema->readable = map_type_is(map->type, MAP_READABLE);
	table->can_fill = map_type_is(map->type, MAP_CAN_FILL);
	if (map->key_size > UINT32_MAX / 8 || map->value_size > UINT32_MAX / 8)
		return fail(error, E2BIG, SKBSCOPE_STAGE_LOAD,
			    "the keys or values of table '%s' are too large", map->name);
	if (map->events)
		return make_events(map, types, arena, table, error);

	key = choose_type(types, map->btf_key_type_id, map->key_description, map->key_size, arena,
			  &key_btf);
	value = choose_type(types, map->btf_value_type_id, map->value_description, map->value_size,
			    arena, &value_btf);
	make_columns(table, key, type_assigned(value, map, arena), arena);
	show_prefix(table, arena);
	schema->has_btf = types && key_btf && value_btf;
	if (can_be_histogram(schema))
		schema->histogram = histogram_of(schema, map->histogram);
	if (map_type_is(map->type, MAP_EVICTS))
		table->evicts_from = evicts_from(map);
	if (schema->readable && !schema->is_array)
		table->key_holes = find_key_holes(schema, arena);
	return 0;
}

/* The table that a tag names; NULL and an error: there is none. */
static struct table_schema *tagged_table(struct schema_set *set, const char *tag, const char *name,
					 struct skbscope_error *error)
{
	const char **names;

	for (size_t i = 0; i < set->count; i++)
		if (strcmp(set->tables[i].public.table, name) == 0)
			return &set->tables[i];
	fail(error, ENOENT, SKBSCOPE_STAGE_COMPILE, "the tag '@%s %s' names no table", tag, name);
	names = ARENA_ARRAY(set->arena, const char *, set->count);
	for (size_t i = 0; names && i < set->count; i++)
		names[i] = set->tables[i].public.table;
	if (names)
		hint_nearest(error, name, names, set->count);
	return NULL;
}

static int no_column(const struct skbscope_schema *schema, const char *name,
		     struct skbscope_error *error)
{
	const struct skbscope_column *column;
	const char *names[COLUMN_MAX];
	struct shown_columns shown = { 0 };
	size_t count = 0;
	int r;

	r = fail(error, ENOENT, SKBSCOPE_STAGE_COMPILE,
		 "the tag '@sort %s %s' names no column of that table", schema->table, name);
	while (count < COLUMN_MAX && (column = shown_next(schema, &shown)))
		names[count++] = column->name;
	if (!hint_nearest(error, name, names, count) && count)
		hint(error, r, "its first column is '%s'", names[0]);
	return r;
}

static int apply_sort(struct schema_set *set, const struct skbscope_table_tag *tag,
		      struct skbscope_error *error)
{
	struct table_schema *table = tagged_table(set, "sort", tag->table, error);
	const char *name = tag->argument ? tag->argument : "";
	const struct skbscope_column *column;

	if (!table)
		return -ENOENT;
	column = shown_find(&table->public, name);
	if (!column || column_is_histogram(column))
		return no_column(&table->public, name, error);
	table->public.sort_column = column->name;
	return 0;
}

static int apply_tags(struct schema_set *set, const struct skbscope_documentation *documentation,
		      struct skbscope_error *error)
{
	for (size_t i = 0; i < documentation->sort_count; i++) {
		int r = apply_sort(set, &documentation->sorts[i], error);

		if (r < 0)
			return r;
	}
	for (size_t i = 0; i < documentation->hidden_count; i++) {
		struct table_schema *table =
			tagged_table(set, "hide", documentation->hidden[i].table, error);

		if (!table)
			return -ENOENT;
		table->public.hidden = true;
	}
	for (size_t i = 0; i < documentation->histogram_count; i++) {
		const char *name = documentation->histograms[i].table;
		struct table_schema *table = tagged_table(set, "histogram", name, error);

		if (!table)
			return -ENOENT;
		if (!can_be_histogram(&table->public))
			return hint(error,
				    fail(error, EINVAL, SKBSCOPE_STAGE_COMPILE,
					 "the tag '@histogram %s' does not fit that table", name),
				    "a histogram's key is an integer, the bucket, or a struct that "
				    "ends with it; its value is one integer of 32 bits or more");
		if (!table->public.histogram)
			table->public.histogram = histogram_of(
				&table->public, scale_of(&documentation->histograms[i]));
	}
	return 0;
}

static void apply_help(struct schema_set *set, const char *manual)
{
	for (size_t i = 0; i < set->count; i++) {
		struct skbscope_schema *schema = &set->tables[i].public;

		schema->help = help_find(manual, schema->table, NULL, set->arena);
		for (size_t k = 0; schema->help && k < schema->column_count; k++)
			((struct skbscope_column *)schema->columns)[k].help = help_find(
				manual, schema->table, schema->columns[k].name, set->arena);
	}
}

static int set_new(size_t tables, struct schema_set **out)
{
	AUTO(schema_set_unrefp) struct schema_set *set = arena_object_new(sizeof(*set));

	if (!set)
		return -ENOMEM;
	atomic_init(&set->references, 1);
	set->arena = arena_of(set);
	set->tables = ARENA_ARRAY(set->arena, struct table_schema, tables);
	if (!set->tables)
		return -ENOMEM;
	for (; set->count < tables; set->count++)
		set->tables[set->count].set = set;
	*out = TAKE(set);
	return 0;
}

int schema_set_new(const struct skbscope_image *image, struct schema_set **out,
		   struct skbscope_error *error)
{
	AUTO(schema_set_unrefp) struct schema_set *set = NULL;
	AUTO(btf_types_freep) struct btf_types *types = NULL;
	int r;

	if (set_new(image->map_count, &set) < 0)
		return fail_memory(error, SKBSCOPE_STAGE_LOAD);
	types = btf_types_new(image, set->arena);
	for (size_t i = 0; i < image->map_count; i++) {
		r = make_table(&image->maps[i], types, set->arena, &set->tables[i], error);
		if (r < 0)
			return r;
	}
	if (arena_failed(set->arena))
		return fail_memory(error, SKBSCOPE_STAGE_LOAD);
	if (image->documentation) {
		r = apply_tags(set, image->documentation, error);
		if (r < 0)
			return r;
		if (image->documentation->text)
			apply_help(set, image->documentation->text);
	}
	*out = TAKE(set);
	return 0;
}

int schema_set_new_table(const struct table_description *description, struct schema_set **out)
{
	AUTO(schema_set_unrefp) struct schema_set *set = NULL;
	struct skbscope_schema *schema;

	if (set_new(1, &set) < 0)
		return -ENOMEM;
	schema = &set->tables->public;
	schema->table = description->table;
	schema->map_type = description->kind;
	schema->key_size = description->key ? description->key->bits / 8 : 0;
	schema->value_size = description->value ? description->value->bits / 8 : 0;
	schema->max_entries = description->max_entries;
	schema->help = description->help;
	schema->sort_column = description->sort_column;
	schema->is_events = description->is_events;
	schema->hidden = description->hidden;
	schema->readable = !schema->is_events;
	make_columns(set->tables, description->key, description->value, set->arena);
	if (schema->is_events)
		count_nothing(schema);
	set_details(schema, description);
	if (arena_failed(set->arena))
		return -ENOMEM;
	*out = TAKE(set);
	return 0;
}

int schema_set_show_numbers(struct schema_set *set)
{
	for (size_t i = 0; i < set->count; i++)
		if (schema_show_numbers(&set->tables[i], set->arena) < 0)
			return -ENOMEM;
	return 0;
}

struct schema_set *schema_set_ref(struct schema_set *set)
{
	atomic_fetch_add(&set->references, 1);
	return set;
}

void schema_set_unref(struct schema_set *set)
{
	if (set && atomic_fetch_sub(&set->references, 1) == 1)
		arena_object_free(set);
}

void schema_set_unrefp(struct schema_set **set)
{
	schema_set_unref(*set);
	*set = NULL;
}

size_t schema_set_count(const struct schema_set *set)
{
	return set->count;
}

const struct table_schema *schema_set_table(const struct schema_set *set, size_t index)
{
	return index < set->count ? &set->tables[index] : NULL;
}

const struct skbscope_schema *schema_set_get(const struct schema_set *set, size_t index)
{
	return index < set->count ? &set->tables[index].public : NULL;
}
