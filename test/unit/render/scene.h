/* SPDX-License-Identifier: Apache-2.0 */
/* One table of one reading, for tests that need no more. */
#ifndef TEST_RENDER_SCENE_H
#define TEST_RENDER_SCENE_H

#include <skbscope/render.h>
#include <stdio.h>
#include <stdlib.h>

#include "../model/fixture.h"

struct scene {
	struct btf *btf;
	struct basics basics;
	struct skbscope_image_map map;
	struct schema_set *set;
	struct snapshot *snapshot;
};

/* key_id and value_id of 0 mean u32 and u64. Types are added between scene_btf
 * and scene_read. */
static inline void scene_btf(struct scene *scene)
{
	*scene = (struct scene){ 0 };
	scene->btf = btf_with_basics(&scene->basics);
}

static inline void scene_read(struct scene *scene, uint32_t type, uint32_t key_size, int key_id,
			      uint32_t value_size, int value_id, const struct table_rows *rows)
{
	struct skbscope_image image;

	scene->map = map_of("t", type, key_size, value_size, key_id ? key_id : scene->basics.u32,
			    value_id ? value_id : scene->basics.u64);
	image = image_of(&scene->map, 1, scene->btf);
	if (schema_set_new(&image, &scene->set, NULL) < 0 ||
	    snapshot_by_hand(scene->set, &scene->snapshot) < 0 ||
	    rows_by_hand(scene->snapshot, 0, rows, rows->cpu_count > 1) < 0)
		abort();
}

static inline void scene_clear(struct scene *scene)
{
	snapshot_unref(scene->snapshot);
	schema_set_unref(scene->set);
	btf__free(scene->btf);
}

/* The caller frees it. */
static inline char *scene_render(const struct scene *scene, skbscope_renderer *renderer,
				 const struct skbscope_render_options *options)
{
	struct skbscope_error error = { 0 };
	char *text = NULL;
	size_t length = 0;
	FILE *stream = open_memstream(&text, &length);

	if (renderer(&scene->snapshot->public, options, stream, &error) < 0)
		fprintf(stderr, "%s\n", error.message);
	fclose(stream);
	return text;
}

#endif
