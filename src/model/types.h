/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Inside the model: C types from BTF or from bcc's descriptions, what their
 * names say about display, and the columns they become. Both sources may be
 * hostile, so every walk has a bound and an answer of NULL means "cannot be
 * understood", never an error: the next source is tried.
 */
#ifndef MODEL_TYPES_H
#define MODEL_TYPES_H

#include <skbscope/image.h>
#include <skbscope/snapshot.h>

#include "base/arena.h"

#define TYPE_MAX_DEPTH 32u         /* C itself promises no more than 63 nested declarators */
#define TYPE_MAX_MEMBERS 65536u    /* of all types of one image together */
#define TYPE_MAX_LEAVES 65536u     /* of one type, arrays of structs taken apart */
#define COLUMN_MAX 512u            /* of one table; beyond, one column of bytes is clearer */
#define DESCRIPTION_MAX (1u << 20) /* bytes of one description */

/* The types of one image's BTF, each converted once. NULL without usable BTF. */
struct btf_types;

struct btf_types *btf_types_new(const struct skbscope_image *image, struct arena *arena);
void btf_types_freep(struct btf_types **types); /* the converted types stay in the arena */
const struct skbscope_type *btf_types_get(struct btf_types *types, uint32_t id);
/* Of what is submitted to a table of events, where the compiler was made to write it down
 * (compile/event_types.h). *other: another struct that is submitted to it, too; or NULL. */
const struct skbscope_type *btf_types_event(struct btf_types *types, const char *table,
					    const struct skbscope_type **other);

/* The type that a bcc description (JSON) tells of. */
const struct skbscope_type *type_from_description(const char *description, struct arena *arena);

/* NULL also where the name is, or the type would be too large. */
struct skbscope_type *type_new(struct arena *arena, enum skbscope_kind kind, uint64_t bits,
			       const char *prefix, const char *name);

/* COUNT bytes of which nothing else is known. */
const struct skbscope_type *type_bytes(struct arena *arena, uint32_t count);

/* A copy of a name that is safe to print: other than printable ASCII becomes '_'. */
const char *type_name_copy(struct arena *arena, const char *name);

/* "u32[3]" and 2 make "u32[2][3]"; NULL also if no type can be that large. */
struct skbscope_type *type_array(struct arena *arena, const struct skbscope_type *element,
				 uint64_t count);

/* Sets display and adds_up by a type's name (without "struct"), if its shape fits.
 * Called from the innermost name outwards, so the outermost known name wins. */
void display_apply(struct skbscope_type *type, const char *name);
/* What the name of a member adds to its type: MAC addresses as u8[6], EtherTypes
 * as __be16, IPv4 addresses as __be32 or u32. Returns the type itself where that is nothing. */
const struct skbscope_type *display_for_member(const struct skbscope_type *type, const char *member,
					       struct arena *arena);

/* The same of a key or a value that is no struct, and has no name. */
const struct skbscope_type *display_for_scalar(const struct skbscope_type *type,
					       struct arena *arena);

/* The type of a map's values with the members no amounts that its program only sets. */
const struct skbscope_type *type_assigned(const struct skbscope_type *type,
					  const struct skbscope_image_map *map,
					  struct arena *arena);

/* Columns of a key and of a value, either of which may be NULL (no bytes). Returns
 * their number, or -1 if there are more than COLUMN_MAX. */
int columns_make(const struct skbscope_type *key, const struct skbscope_type *value,
		 struct arena *arena, const struct skbscope_column **out);

#endif
