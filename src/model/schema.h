/* SPDX-License-Identifier: Apache-2.0 */
/*
 * From an image's maps to tables with columns: types from BTF, else from bcc's
 * descriptions; displays from type names; tags from the documentation.
 */
#ifndef MODEL_SCHEMA_H
#define MODEL_SCHEMA_H

#include <skbscope/image.h>
#include <skbscope/snapshot.h>

/* One schema a map of the image, in the image's order. Shared by a session and
 * its snapshots, hence counted. */
struct schema_set;

int schema_set_new(const struct skbscope_image *image, struct schema_set **out,
		   struct skbscope_error *error);
struct schema_set *schema_set_ref(struct schema_set *set);
void schema_set_unref(struct schema_set *set); /* accepts NULL */
void schema_set_unrefp(struct schema_set **set);

size_t schema_set_count(const struct schema_set *set);
const struct skbscope_schema *schema_set_get(const struct schema_set *set, size_t index);

/* "hash", "percpu_array", …, as bpftool spells it; "type 99" for an unknown one. */
const char *map_type_name(uint32_t type);
bool map_type_is_per_cpu(uint32_t type);

#endif
