/* SPDX-License-Identifier: Apache-2.0 */
/* One entry of the cache as bytes: what it depends on, what was said, the image. */
#ifndef COMPILE_CACHE_ENTRY_H
#define COMPILE_CACHE_ENTRY_H

#include <skbscope/diagnostics.h>

#include "base/buffer.h"
#include "compile/inputs.h"

#define CACHE_ENTRY_MAX_BYTES (16u << 20)

struct cache_entry {
	struct cache_key key;
	const char *path; /* of the program, or of the header tree; or the expression itself */
	const char *tree; /* headers and flags that are looked for anew; "" for the small tree */
	struct input *inputs; /* all but the program, which the key knows */
	size_t input_count;
	struct skbscope_diagnostic *diagnostics;
	size_t diagnostic_count;
	const char *log;
	const char *image; /* in image_write()'s format, files of precompiled.h, or classic BPF */
	size_t image_length;
};

int cache_entry_write(const struct cache_entry *entry, struct buffer *out);

/* Inputs and arrays live in the arena, all else is borrowed from data. -EBADMSG for anything
 * but what cache_entry_write() wrote. */
int cache_entry_read(const char *data, size_t length, struct arena *arena, struct cache_entry *out);

#endif
