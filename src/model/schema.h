/* SPDX-License-Identifier: Apache-2.0 */
/*
 * From an image's maps to tables with columns: types from BTF, else from bcc's
 * descriptions; displays from type names; tags from the documentation. And tables that
 * are no maps, from types.
 */
#ifndef MODEL_SCHEMA_H
#define MODEL_SCHEMA_H

#include <skbscope/image.h>
#include <skbscope/snapshot.h>

#include "model/sum.h"

/* Schemas whose types are one arena's. Shared by a session and its snapshots, hence
 * counted. */
struct schema_set;

struct table_schema {
	struct skbscope_schema public; /* must be first */
	struct sum_plan sum;
	bool can_fill;        /* refuses a new key once max_entries are in it */
	uint32_t evicts_from; /* with so many rows it may have thrown away others; 0: never */
	const uint8_t
		*key_holes;     /* for each byte of a key whether no column shows it; NULL: none */
	struct schema_set *set; /* that it is part of */
};

struct arena;
/* For schema_set_show_numbers(): of one table. -1: no memory. */
int schema_show_numbers(struct table_schema *table, struct arena *arena);

/* One for each map of the image, in the image's order. */
int schema_set_new(const struct skbscope_image *image, struct schema_set **out,
		   struct skbscope_error *error);

/* A table whose rows are made in user space. Types and strings must outlive the set. */
struct table_description {
	const char *table;
	const char *kind; /* what struct skbscope_schema has as map_type */
	const struct skbscope_type *key, *value;
	uint32_t max_entries;
	const char *help; /* the rest may be NULL and false */
	const char *sort_column;
	bool is_events, hidden;
	/* The columns that are no details, by name and NULL last; those behind the first so
	 * many are none. And those with rates. NULL: all. */
	const char *const *shown;
	size_t own_columns;
	const char *const *rated;
};
int schema_set_new_table(const struct table_description *description, struct schema_set **out);

/* Protocols and interfaces become numbers. 0 or -ENOMEM. */
int schema_set_show_numbers(struct schema_set *set);

struct schema_set *schema_set_ref(struct schema_set *set);
void schema_set_unref(struct schema_set *set); /* accepts NULL */
void schema_set_unrefp(struct schema_set **set);

size_t schema_set_count(const struct schema_set *set);
/* NULL beyond the last. */
const struct table_schema *schema_set_table(const struct schema_set *set, size_t index);
const struct skbscope_schema *schema_set_get(const struct schema_set *set, size_t index);

/* "hash", "percpu_array", …, as bpftool spells it; "type 99" for an unknown one. */
const char *map_type_name(uint32_t type);

enum map_trait {
	MAP_READABLE = 1, /* get_next_key and lookup walk all of it */
	MAP_NUMERIC = 2,  /* its rows are what a program put there, and nothing else */
	MAP_ARRAY = 4,
	MAP_PER_CPU = 8,
	MAP_EVICTS = 32,   /* throws away rows for new ones */
	MAP_CAN_FILL = 16, /* refuses a new key once max_entries are in it */
};
bool map_type_is(uint32_t type, enum map_trait trait);

#endif
