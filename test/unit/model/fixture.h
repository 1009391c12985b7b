/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Images and BTF made by hand, so that what the model must understand is spelled
 * out in the test and not in a compiler's habits.
 */
#ifndef TEST_MODEL_FIXTURE_H
#define TEST_MODEL_FIXTURE_H

#include <bpf/btf.h>
#include <bpf/libbpf.h>
#include <skbscope/image.h>
#include <stdint.h>

#include "by_hand.h"
#include "model/rates.h"
#include "model/schema.h"
#include "model/snapshot.h"

/* The types that every program has. */
struct basics {
	int u8, u16, u32, u64, s32, character, boolean, u128;
	int be16, be32;
};

static inline struct btf *btf_with_basics(struct basics *out)
{
	struct btf *btf = btf__new_empty();

	out->u8 = btf__add_int(btf, "unsigned char", 1, 0);
	out->u16 = btf__add_int(btf, "unsigned short", 2, 0);
	out->u32 = btf__add_int(btf, "unsigned int", 4, 0);
	out->u64 = btf__add_int(btf, "unsigned long long", 8, 0);
	out->s32 = btf__add_int(btf, "int", 4, BTF_INT_SIGNED);
	out->character = btf__add_int(btf, "char", 1, BTF_INT_SIGNED);
	out->boolean = btf__add_int(btf, "_Bool", 1, BTF_INT_BOOL);
	out->u128 = btf__add_int(btf, "unsigned __int128", 16, 0);
	out->be16 = btf__add_typedef(btf, "__be16", out->u16);
	out->be32 = btf__add_typedef(btf, "__be32", out->u32);
	return btf;
}

static inline struct skbscope_image_map map_of(const char *name, uint32_t type, uint32_t key_size,
					       uint32_t value_size, int key_id, int value_id)
{
	return (struct skbscope_image_map){ .name = name,
					    .type = type,
					    .key_size = key_size,
					    .value_size = value_size,
					    .max_entries = 1024,
					    .btf_key_type_id = (uint32_t)key_id,
					    .btf_value_type_id = (uint32_t)value_id,
					    .inner_map = -1,
					    .key_description = "",
					    .value_description = "" };
}

static inline struct skbscope_image image_of(const struct skbscope_image_map *maps, size_t count,
					     const struct btf *btf)
{
	struct skbscope_image image = {
		.name = "fixture", .path = "fixture.c", .maps = maps, .map_count = count
	};

	if (btf)
		image.btf = btf__raw_data(btf, &image.btf_size);
	return image;
}

static inline const struct skbscope_column *column_of(const struct schema_set *set, size_t table,
						      const char *name)
{
	const struct skbscope_schema *schema = schema_set_get(set, table);

	for (size_t i = 0; schema && i < schema->column_count; i++)
		if (__builtin_strcmp(schema->columns[i].name, name) == 0)
			return &schema->columns[i];
	return NULL;
}

#endif
