/* SPDX-License-Identifier: Apache-2.0 */
/* What the steps of image_merge() work on; merge.c has their order. */
#ifndef IMAGE_MERGE_STEPS_H
#define IMAGE_MERGE_STEPS_H

#include <bpf/btf.h>

#include "base/arena.h"
#include "image/merge.h"

#define MERGE_STAGE SKBSCOPE_STAGE_COMPILE

/* What becomes of one part. */
struct merge_place {
	uint32_t *maps;      /* the whole's number of each of its maps */
	uint32_t *includes;  /* and of its headers */
	uint32_t type_shift; /* added to the number of a type */
	struct btf *btf;     /* NULL: it has no types */
};

struct merge {
	const struct image_part *parts;
	size_t count;
	struct merge_place *places;
	struct skbscope_image *image;
	struct arena *arena;
	struct skbscope_image_map *maps;
	const struct skbscope_image **owners; /* who declares each of them */
	struct btf *btf;                      /* NULL: there are no types */
	struct skbscope_error *error;
};

int merge_types(struct merge *merge); /* numbers and strings are good from here */
uint32_t merge_type(const struct merge_place *place, uint32_t id);
int merge_string(const struct merge *merge, const struct merge_place *place, uint32_t offset,
		 uint32_t *out);
int merge_types_finish(struct merge *merge); /* no string comes after this */

int merge_maps(struct merge *merge);
int merge_programs(struct merge *merge); /* after types, maps and includes */
int merge_events(struct merge *merge);
int merge_includes(struct merge *merge);

#endif
