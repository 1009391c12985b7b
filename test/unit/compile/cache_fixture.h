/* SPDX-License-Identifier: Apache-2.0 */
/* A cache of our own, with one entry that depends on one header. */
#ifndef TEST_UNIT_COMPILE_CACHE_FIXTURE_H
#define TEST_UNIT_COMPILE_CACHE_FIXTURE_H

#include "harness.h"

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/io.h"
#include "base/private_dir.h"
#include "compile/cache.h"
#include "compile/cache_directory.h"
#include "compile/cache_entry.h"
#include "home.h"
#include "image/image.h"

/* A folder of our own with a cache, a program and a header that is long settled. */
static char images[96], header[96];
static struct skbscope_source *source;
static struct skbscope_compile_options options;

static inline bool fresh(void)
{
	const char text[] = "int observe(struct __sk_buff *skb) { return -1; }\n";
	struct skbscope_error error;

	if (!home[0]) {
		home_make();
		snprintf(header, sizeof(header), "%s/header.h", home);
		snprintf(images, sizeof(images), "%s/below/images", home);
		if (skbscope_source_from_text("program.c", text, strlen(text), &source, &error) < 0)
			abort();
	}
	if (umount2(images, MNT_DETACH) < 0)
		errno = 0;
	if (remove_tree(images) < 0)
		unlink(images);
	options = (struct skbscope_compile_options){ .size = sizeof(options),
						     .cache_directory = images };
	write_text(header, "#define A 23\n");
	settle();
	return true;
}

static inline struct skbscope_image *new_image(void)
{
	struct skbscope_image *image;

	if (image_new(&image) < 0)
		abort();
	image->name = "program";
	image->path = "program.c";
	image->license = "GPL";
	image->headers_path = "/tree";
	image->headers = SKBSCOPE_HEADERS_UAPI;
	return image;
}

static inline struct skbscope_inputs *new_inputs(void)
{
	struct skbscope_inputs *inputs;

	if (inputs_new(source, &inputs) < 0)
		abort();
	inputs->complete = true;
	return inputs;
}

static inline struct skbscope_inputs *header_inputs(void)
{
	struct skbscope_inputs *inputs = new_inputs();

	inputs_add(inputs, INPUT_READ, true, header);
	return inputs;
}

/* What skbscope_compile() does after its attempts; frees the inputs. */
static inline const char *store(struct skbscope_inputs *inputs)
{
	AUTO(cache_close) struct cache cache = CACHE_INIT;
	AUTO(cache_write_clear) struct cache_write write = CACHE_WRITE_INIT;
	AUTO(image_freep) struct skbscope_image *image = new_image();
	struct skbscope_diagnostics *diagnostics;
	const char *trouble;

	if (skbscope_diagnostics_new(&diagnostics) < 0)
		abort();
	skbscope_diagnostics_add(diagnostics, &(struct skbscope_diagnostic){
						      .severity = SKBSCOPE_SEVERITY_WARNING,
						      .line = 1,
						      .message = "counts can be lost",
					      });
	skbscope_diagnostics_set_log(diagnostics, "the log", 7);
	cache_open(&cache, source, &options);
	if (inputs_take(inputs, source, cache.since_ns, NULL) < 0)
		abort();
	cache_prepare(&cache, image, inputs, diagnostics, &write);
	trouble = cache_write(&write);
	skbscope_inputs_free(inputs);
	skbscope_diagnostics_free(diagnostics);
	return trouble ? trouble : cache.trouble;
}

static inline bool hit_with(const char **trouble)
{
	AUTO(cache_close) struct cache cache = CACHE_INIT;
	AUTO(image_freep) struct skbscope_image *image = NULL;
	AUTO(inputs_freep) struct skbscope_inputs *inputs = NULL;
	bool found;

	cache_open(&cache, source, &options);
	found = cache_lookup(&cache, &image, NULL, &inputs);
	if (found != (image != NULL) || found != (inputs != NULL))
		abort();
	if (trouble)
		*trouble = cache.trouble;
	return found;
}

static inline bool hit(void)
{
	return hit_with(NULL);
}

/* A cache with one entry that depends on the header. */
static inline bool fresh_with_entry(void)
{
	fresh();
	return store(header_inputs()) == NULL && hit();
}

static inline size_t entry_count(uint64_t *bytes)
{
	AUTO(cache_listing_clear) struct cache_listing listing = { 0 };
	struct skbscope_error error;

	if (cache_list(images, &listing, &error) < 0)
		return SIZE_MAX;
	if (bytes)
		*bytes = listing.bytes;
	return listing.count;
}

/* The one entry's path. */
static inline void entry_path(char *path, size_t size)
{
	AUTO(closedirp) DIR *stream = opendir(images);
	struct dirent *file;

	path[0] = '\0';
	while (stream && (file = readdir(stream)))
		if (strstr(file->d_name, ".image"))
			snprintf(path, size, "%s/%.96s", images, file->d_name);
}

#endif
