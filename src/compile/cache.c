/* SPDX-License-Identifier: Apache-2.0 */
/* Looking an image up, keeping one, and what is in the cache. */
#include "compile/cache.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/arena.h"
#include "base/cleanup.h"
#include "base/error.h"
#include "base/io.h"
#include "base/private_dir.h"
#include "compile/cache_entry.h"
#include "compile/headers.h"
#include "image/image.h"

int cache_directory_default(struct buffer *out)
{
	int r = private_dir_cache(out);

	if (r == 0)
		buffer_string(out, "/images");
	return out->failed ? -ENOMEM : r;
}

void cache_open(struct cache *cache, const struct skbscope_source *source,
		const struct skbscope_compile_options *options)
{
	*cache = (struct cache){
		.directory = -1,
		.source = source,
		.options = options,
		.since_ns = clock_file_ns(),
	};
	if (!options->cache_directory)
		return;
	if (cache_key_make(source, options, NULL, &cache->key) < 0)
		return;
	cache->directory = private_dir_open(options->cache_directory, CACHE_DIRECTORY_MODE);
	if (cache->directory < 0)
		cache->trouble = cache_directory_trouble(cache->directory);
}

void cache_close(struct cache *cache)
{
	closep(&cache->directory);
}

/* Where the compiler looked for headers beside the small tree: installing or
 * removing a kernel's headers changes what would be found. */
static int describe_tree(enum skbscope_headers headers, const char *directory, struct buffer *out)
{
	AUTO(header_tree_clear) struct header_tree tree = { 0 };
	int r = 0;

	if (headers == SKBSCOPE_HEADERS_KERNEL)
		r = headers_kernel(&tree, NULL);
	else if (headers == SKBSCOPE_HEADERS_DIRECTORY)
		r = headers_directory(directory, &tree, NULL);
	else
		return 0;
	if (r < 0)
		return r;
	buffer_printf(out, "%d %s", (int)headers, tree.path);
	for (size_t i = 0; i < tree.flag_count; i++)
		buffer_printf(out, " %s", tree.flags[i]);
	return out->failed ? -ENOMEM : 0;
}

static bool same_tree(const struct cache *cache, const struct cache_entry *entry,
		      const struct skbscope_image *image)
{
	AUTO(buffer_free) struct buffer tree = { 0 };

	return describe_tree(image->headers, cache->options->headers_directory, &tree) == 0 &&
	       strcmp(buffer_text(&tree), entry->tree) == 0;
}

static bool same_inputs(const struct cache *cache, const struct cache_entry *entry, bool *refreshed)
{
	for (size_t i = 0; i < entry->input_count; i++)
		if (!input_holds(&entry->inputs[i], cache->since_ns, refreshed))
			return false;
	return true;
}

/* What was said when it was compiled. */
static bool repeat(const struct cache_entry *entry, struct skbscope_diagnostics *diagnostics)
{
	if (!diagnostics)
		return true;
	for (size_t i = 0; i < entry->diagnostic_count; i++)
		if (skbscope_diagnostics_add(diagnostics, &entry->diagnostics[i]) < 0)
			return false;
	return skbscope_diagnostics_set_log(diagnostics, entry->log, strlen(entry->log)) == 0;
}

static void write_again(struct cache *cache, const struct cache_entry *entry)
{
	AUTO(buffer_free) struct buffer bytes = { 0 };
	int r = cache_entry_write(entry, &bytes);

	if (r == 0)
		r = cache_directory_write(cache->directory, &cache->key, &bytes);
	if (r < 0)
		cache->trouble = cache_directory_trouble(r);
}

bool cache_lookup(struct cache *cache, struct skbscope_image **image,
		  struct skbscope_diagnostics *diagnostics, struct skbscope_inputs **inputs)
{
	AUTO(inputs_freep) struct skbscope_inputs *recalled = NULL;
	AUTO(buffer_free) struct buffer bytes = { 0 };
	AUTO(image_freep) struct skbscope_image *found = NULL;
	struct cache_entry entry;
	bool refreshed = false;
	int r;

	if (cache->directory < 0 || inputs_new(cache->source, &recalled) < 0)
		return false;
	r = cache_directory_read(cache->directory, &cache->key, &bytes);
	if (r == -EPERM)
		cache->trouble = "an entry belongs to another user";
	if (r < 0)
		return false;
	if (cache_entry_read(buffer_text(&bytes), bytes.length, arena_of(recalled), &entry) < 0 ||
	    memcmp(&entry.key, &cache->key, sizeof(entry.key)) != 0 ||
	    image_read(entry.image, entry.image_length, &found, NULL) < 0) {
		cache->trouble = "an entry was damaged";
		cache_directory_remove(cache->directory, &cache->key);
		return false;
	}
	if (!same_inputs(cache, &entry, &refreshed) || !same_tree(cache, &entry, found) ||
	    inputs_recall(recalled, cache->source, cache->since_ns, entry.inputs,
			  entry.input_count) < 0)
		return false;
	if (!repeat(&entry, diagnostics)) {
		skbscope_diagnostics_clear(diagnostics);
		return false;
	}
	if (refreshed)
		write_again(cache, &entry);
	*image = TAKE(found);
	*inputs = TAKE(recalled);
	return true;
}

static bool copy_diagnostics(const struct skbscope_diagnostics *from, struct arena *arena,
			     struct cache_entry *entry)
{
	entry->log = skbscope_diagnostics_log(from);
	entry->diagnostic_count = skbscope_diagnostics_count(from);
	entry->diagnostics =
		ARENA_ARRAY(arena, struct skbscope_diagnostic, entry->diagnostic_count);
	for (size_t i = 0; entry->diagnostics && i < entry->diagnostic_count; i++)
		entry->diagnostics[i] = *skbscope_diagnostics_get(from, i);
	return entry->diagnostics;
}

void cache_prepare(struct cache *cache, const struct skbscope_image *image,
		   const struct skbscope_inputs *inputs,
		   const struct skbscope_diagnostics *diagnostics, struct cache_write *write)
{
	AUTO(arena_freep) struct arena *arena = NULL;
	AUTO(buffer_free) struct buffer bytes = { 0 };
	AUTO(buffer_free) struct buffer tree = { 0 };
	const struct input *program = inputs_program(inputs);
	struct cache_entry entry = { .key = cache->key };

	if (cache->directory < 0 || !inputs_are_certain(inputs))
		return;
	arena = arena_new();
	if (!arena || !copy_diagnostics(diagnostics, arena, &entry) ||
	    image_write(image, &bytes) < 0 ||
	    describe_tree(image->headers, cache->options->headers_directory, &tree) < 0)
		return;
	/* Its text is in the key; its full path is for people who list the cache. */
	entry.path = program && program->identity.mode ? program->path : cache->source->path;
	entry.inputs = inputs->items + (program ? 1 : 0);
	entry.input_count = inputs->count - (program ? 1 : 0);
	entry.tree = buffer_text(&tree);
	entry.image = bytes.data;
	entry.image_length = bytes.length;
	if (cache_entry_write(&entry, &write->bytes) < 0)
		return;
	write->key = cache->key;
	write->directory = TAKE_FD(cache->directory);
}

const char *cache_write(struct cache_write *write)
{
	int r = write->directory < 0
			? 0
			: cache_directory_write(write->directory, &write->key, &write->bytes);

	cache_write_clear(write);
	return r < 0 ? cache_directory_trouble(r) : NULL;
}

void cache_write_clear(struct cache_write *write)
{
	closep(&write->directory);
	buffer_free(&write->bytes);
}

/* All entries; none where there is no such directory, and then *fd is -1. */
static int scan_existing(const char *directory, int *fd, struct cache_item **items, size_t *count,
			 struct skbscope_error *error)
{
	int r;

	*items = NULL;
	*count = 0;
	*fd = private_dir_open(directory, 0);
	if (*fd == -ENOENT)
		return 0;
	if (*fd == -EPERM)
		return hint(error,
			    fail(error, EPERM, SKBSCOPE_STAGE_READ,
				 "the cache '%s' is not used: %s", directory,
				 cache_directory_trouble(*fd)),
			    "let nobody else write to it (chmod go-w), or remove it");
	if (*fd < 0)
		return fail_errno(error, *fd, SKBSCOPE_STAGE_READ, "cannot open the cache '%s'",
				  directory);
	r = cache_directory_scan(*fd, items, count);
	return r < 0 ? fail_errno(error, r, SKBSCOPE_STAGE_READ, "cannot read the cache '%s'",
				  directory)
		     : 0;
}

/* The path of the program an entry is of; "" if that cannot be told. */
static char *program_of(int directory, const struct cache_key *key)
{
	AUTO(arena_freep) struct arena *arena = arena_new();
	AUTO(buffer_free) struct buffer bytes = { 0 };
	struct cache_entry entry;

	if (!arena || cache_directory_look(directory, key, &bytes) < 0 ||
	    cache_entry_read(buffer_text(&bytes), bytes.length, arena, &entry) < 0)
		return strdup("");
	return strdup(entry.path);
}

static void keep_images(struct cache_listing *listing)
{
	size_t kept = 0;

	for (size_t i = 0; i < listing->count; i++)
		if (listing->items[i].key.kind == CACHE_IMAGE)
			listing->items[kept++] = listing->items[i];
	listing->count = kept;
}

int cache_list(const char *directory, struct cache_listing *out, struct skbscope_error *error)
{
	AUTO(cache_listing_clear) struct cache_listing listing = { 0 };
	AUTO(closep) int fd = -1;
	int r = scan_existing(directory, &fd, &listing.items, &listing.count, error);

	keep_images(&listing);
	for (size_t i = 0; r == 0 && i < listing.count; i++) {
		struct cache_item *item = &listing.items[i];

		item->path = program_of(fd, &item->key);
		if (!item->path)
			r = fail_memory(error, SKBSCOPE_STAGE_READ);
		listing.bytes += item->bytes;
	}
	if (r < 0)
		return r;
	*out = listing;
	listing = (struct cache_listing){ 0 };
	return 0;
}

void cache_listing_clear(struct cache_listing *listing)
{
	for (size_t i = 0; i < listing->count; i++)
		free(listing->items[i].path);
	free(listing->items);
	*listing = (struct cache_listing){ 0 };
}

int cache_clear(const char *directory, size_t *removed, uint64_t *bytes,
		struct skbscope_error *error)
{
	AUTO(freep) struct cache_item *items = NULL;
	AUTO(closep) int fd = -1;
	size_t count;
	int r = scan_existing(directory, &fd, &items, &count, error);

	*removed = 0;
	*bytes = 0;
	if (r < 0)
		return r;
	for (size_t i = 0; r == 0 && i < count; i++) {
		r = cache_directory_remove(fd, &items[i].key);
		if (r == -ENOENT) {
			r = 0; /* another process was faster */
		} else if (r == 0) {
			*removed += items[i].key.kind == CACHE_IMAGE;
			*bytes += items[i].bytes;
		}
	}
	return r < 0 ? fail_errno(error, r, SKBSCOPE_STAGE_READ, "cannot clear the cache '%s'",
				  directory)
		     : 0;
}
