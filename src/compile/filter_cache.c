/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Expression, link layer and the worker's executable are in the key; libpcap and the other
 * libraries are among the inputs, which only the worker can name.
 */
#include "compile/filter_cache.h"

#include <string.h>

#include "base/arena.h"
#include "base/cleanup.h"
#include "base/io.h"
#include "base/private_dir.h"
#include "compile/cache.h"
#include "compile/cache_entry.h"

void filter_cache_open(struct filter_cache *cache, const char *path, const char *expression,
		       enum worker_link link)
{
	*cache = (struct filter_cache){ .expression = expression,
					.directory = -1,
					.since_ns = clock_file_ns() };
	if (path && cache_key_make_filter(expression, link, NULL, &cache->key) == 0)
		cache->directory = private_dir_open(path, CACHE_DIRECTORY_MODE);
}

void filter_cache_close(struct filter_cache *cache)
{
	closep(&cache->directory);
}

static bool hold(struct input *inputs, size_t count, uint64_t now_ns)
{
	bool refreshed = false;

	for (size_t i = 0; i < count; i++)
		if (!input_holds(&inputs[i], now_ns, &refreshed))
			return false;
	return true;
}

bool filter_cache_find(const struct filter_cache *cache, struct classic *out)
{
	AUTO(arena_freep) struct arena *arena = arena_new();
	AUTO(buffer_free) struct buffer bytes = { 0 };
	struct cache_entry entry;

	if (!arena || cache->directory < 0 ||
	    cache_directory_read(cache->directory, &cache->key, &bytes) < 0)
		return false;
	if (cache_entry_read(buffer_text(&bytes), bytes.length, arena, &entry) < 0 ||
	    memcmp(&entry.key, &cache->key, sizeof(entry.key)) != 0) {
		cache_directory_remove(cache->directory, &cache->key);
		return false;
	}
	return hold(entry.inputs, entry.input_count, cache->since_ns) &&
	       classic_read(entry.image, entry.image_length, out, NULL) == 0;
}

void filter_cache_keep(const struct filter_cache *cache, const struct buffer *bytes)
{
	const struct inputs_origin nowhere = { 0 };
	AUTO(inputs_freep) struct skbscope_inputs *inputs = NULL;
	AUTO(buffer_free) struct buffer out = { 0 };
	struct cache_entry entry = {
		.key = cache->key, .path = cache->expression, .tree = "", .log = ""
	};
	struct answer answer;

	if (cache->directory < 0 || answer_read(buffer_text(bytes), bytes->length, &answer) < 0 ||
	    inputs_new(NULL, &inputs) < 0)
		return;
	inputs_add_listed(inputs, &nowhere, bytes);
	if (inputs_take(inputs, NULL, cache->since_ns, NULL) < 0 || !inputs_are_certain(inputs))
		return;
	entry.inputs = inputs->items;
	entry.input_count = inputs->count;
	entry.image = answer.image;
	entry.image_length = answer.header.image_length;
	if (cache_entry_write(&entry, &out) == 0)
		(void)cache_directory_write(cache->directory, &cache->key, &out);
}
