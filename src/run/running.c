/* SPDX-License-Identifier: Apache-2.0 */
/* What runs, against what was compiled. */
#include "run/running.h"

#include <string.h>
#include <sys/stat.h>

#include "base/cleanup.h"
#include "image/image.h"
#include "source/source.h"

void running_set(struct running *running, const struct skbscope_inputs *inputs,
		 const struct skbscope_inputs *latest)
{
	inputs_digest(inputs, running->digest);
	running->is_known = inputs_are_known(inputs, latest);
}

static bool is_same_source(const struct skbscope_source *a, const struct skbscope_source *b)
{
	return a->length == b->length && memcmp(a->text, b->text, a->length) == 0;
}

static bool has_same_sources(const struct program *a, const struct program *b)
{
	if (a->with_count != b->with_count || !is_same_source(a->source, b->source))
		return false;
	for (size_t i = 0; i < a->with_count; i++)
		if (!is_same_source(a->with[i], b->with[i]))
			return false;
	return true;
}

static bool is_same_image(const struct skbscope_image *a, const struct skbscope_image *b)
{
	AUTO(buffer_free) struct buffer first = { 0 };
	AUTO(buffer_free) struct buffer second = { 0 };

	return image_write(a, &first) == 0 && image_write(b, &second) == 0 &&
	       first.length == second.length &&
	       memcmp(buffer_text(&first), buffer_text(&second), first.length) == 0;
}

static void source_freep(struct skbscope_source **source)
{
	skbscope_source_free(*source);
}

/* What could not be read may be there now. */
static bool is_readable(const char *path)
{
	AUTO(source_freep) struct skbscope_source *source = NULL;
	struct skbscope_error error;
	struct stat st;

	return stat(path, &st) == 0 && S_ISREG(st.st_mode) &&
	       skbscope_source_read(path, NULL, &source, &error) == 0;
}

bool running_was_misread(const struct program *program, const struct program *read)
{
	if (read->unread)
		return is_readable(read->unread);
	if (read->inputs)
		return inputs_misread(read->inputs);
	return !read->source && is_readable(program->source->path);
}

bool running_is(const struct running *running, const struct program *program,
		const struct program *built, const struct skbscope_inputs *latest)
{
	uint8_t digest[CACHE_HASH_BYTES];

	if (!built->inputs)
		return false;
	inputs_digest(built->inputs, digest);
	if (running->is_known && inputs_are_known(built->inputs, latest))
		return memcmp(digest, running->digest, sizeof(digest)) == 0;
	return has_same_sources(built, program) && is_same_image(built->image, program->image);
}
