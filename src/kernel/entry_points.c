/* SPDX-License-Identifier: Apache-2.0 */
/* Which functions of an image go where. */
#include "kernel/entry_points.h"

#include <errno.h>
#include <string.h>

#include "base/buffer.h"
#include "base/cleanup.h"
#include "base/error.h"
#include "image/context.h"
#include "image/image.h"

#define STAGE SKBSCOPE_STAGE_USAGE

static bool is_tail(const struct skbscope_image *image, const char *function)
{
	const struct skbscope_documentation *documentation = image->documentation;

	for (size_t i = 0; documentation && i < documentation->tail_count; i++)
		if (strcmp(documentation->tails[i].function, function) == 0)
			return true;
	return false;
}

int entry_points_foreign(const struct skbscope_image *image,
			 const struct skbscope_image_program *program, struct skbscope_error *error)
{
	struct foreign foreign;

	if (!context_is_foreign(program, &foreign))
		return 0;
	return hint(error,
		    fail(error, EINVAL, STAGE, "'%s' of '%s' %s: skbscope runs tc programs",
			 program->name, image->path, foreign.is),
		    "%s", foreign.instead);
}

/* Those that could be attached. */
static const char *list_functions(const struct skbscope_image *image, struct buffer *out)
{
	for (size_t i = 0; i < image->program_count; i++)
		if (entry_points_foreign(image, &image->programs[i], NULL) == 0)
			buffer_printf(out, "%s%s", out->length ? ", " : "",
				      image->programs[i].name);
	return buffer_text(out);
}

/* The one whose name has the word in it; NULL: none has, or several. */
static const char *named_for(const struct skbscope_image *image, const char *word)
{
	const char *found = NULL;

	for (size_t i = 0; i < image->program_count; i++) {
		struct foreign foreign;

		if (!strstr(image->programs[i].name, word) ||
		    context_is_foreign(&image->programs[i], &foreign))
			continue;
		if (found)
			return NULL;
		found = image->programs[i].name;
	}
	return found;
}

static int several(const struct skbscope_image *image, const char *first,
		   struct skbscope_error *error)
{
	const char *in = named_for(image, "ingress"), *out = named_for(image, "egress");
	AUTO(buffer_free) struct buffer list = { 0 };
	AUTO(buffer_free) struct buffer tags = { 0 };
	int r = fail(error, EINVAL, STAGE,
		     "'%s' has several functions and does not say which to attach: %s", image->path,
		     list_functions(image, &list));

	if (in)
		buffer_printf(&tags, "\"@ingress %s\"", in);
	if (out)
		buffer_printf(&tags, "%s\"@egress %s\"", in ? " and " : "", out);
	if (!in && !out)
		buffer_printf(&tags, "\"@ingress %s\" (or @egress)", first);
	return hint(error, r,
		    "write %s in the program's first comment, or give --ingress or --egress on "
		    "the command line",
		    buffer_text(&tags));
}

static int no_such_function(const struct skbscope_image *image, const char *wanted,
			    const char *origin, struct skbscope_error *error)
{
	AUTO(buffer_free) struct buffer list = { 0 };
	AUTO(freep) const char **names = calloc(image->program_count + 1, sizeof(*names));
	int r;

	r = fail(error, ENOENT, STAGE, "%s names the function '%s', which '%s' does not have",
		 origin, wanted, image->path);
	for (size_t i = 0; names && i < image->program_count; i++)
		names[i] = image->programs[i].name;
	if (names && hint_nearest(error, wanted, names, image->program_count))
		return r;
	return hint(error, r, "its functions are: %s", list_functions(image, &list));
}

static int choose_side(const struct skbscope_image *image, const char *option, const char *tag,
		       const char *option_name, const char *tag_name, int *out,
		       struct skbscope_error *error)
{
	const char *wanted = option ? option : tag;

	*out = -1;
	if (!wanted)
		return 0;
	*out = image_find_program(image, wanted);
	if (*out < 0)
		return no_such_function(image, wanted, option ? option_name : tag_name, error);
	return entry_points_foreign(image, &image->programs[*out], error);
}

int entry_points_choose(const struct skbscope_image *image,
			const struct skbscope_session_options *options, struct entry_points *out,
			struct skbscope_error *error)
{
	const struct skbscope_documentation *tags = image->documentation;
	int r, only = -1, foreign = -1, candidates = 0;

	r = choose_side(image, options->ingress, tags ? tags->ingress : NULL, "--ingress",
			"@ingress", &out->program[SKBSCOPE_INGRESS], error);
	if (r < 0)
		return r;
	r = choose_side(image, options->egress, tags ? tags->egress : NULL, "--egress", "@egress",
			&out->program[SKBSCOPE_EGRESS], error);
	if (r < 0)
		return r;
	if (out->program[SKBSCOPE_INGRESS] >= 0 || out->program[SKBSCOPE_EGRESS] >= 0)
		return 0;

	for (size_t i = 0; i < image->program_count; i++) {
		if (is_tail(image, image->programs[i].name))
			continue;
		if (entry_points_foreign(image, &image->programs[i], NULL) < 0) {
			foreign = foreign < 0 ? (int)i : foreign;
			continue;
		}
		only = only < 0 ? (int)i : only;
		candidates++;
	}
	if (candidates == 1) {
		out->program[SKBSCOPE_INGRESS] = only;
		return 0;
	}
	if (!image->program_count)
		return hint(
			error,
			fail(error, ENOENT, STAGE, "'%s' has no function to attach", image->path),
			"write: int count_packets(struct __sk_buff *skb) { … return 0; }");
	if (!candidates && foreign >= 0)
		return entry_points_foreign(image, &image->programs[foreign], error);
	if (!candidates)
		return hint(error,
			    fail(error, ENOENT, STAGE,
				 "every function of '%s' is the target of a @tail, so none is "
				 "left to attach",
				 image->path),
			    "name one with @ingress or @egress in the comment, or with --ingress "
			    "or --egress");
	return several(image, image->programs[only].name, error);
}

int entry_points_check_tails(const struct skbscope_image *image, struct skbscope_error *error)
{
	const struct skbscope_documentation *tags = image->documentation;

	for (size_t i = 0; tags && i < tags->tail_count; i++) {
		const struct skbscope_tail *tail = &tags->tails[i];
		int map = image_find_map(image, tail->map), target, r;

		if (map < 0)
			return fail(error, ENOENT, STAGE,
				    "@tail %s[%u] names a table that '%s' does not have", tail->map,
				    tail->index, image->path);
		if (image->maps[map].type != BPF_MAP_TYPE_PROG_ARRAY)
			return hint(error,
				    fail(error, EINVAL, STAGE,
					 "@tail %s[%u]: '%s' is not a table of programs", tail->map,
					 tail->index, tail->map),
				    "declare it as BPF_PROG_ARRAY(%s, %u);", tail->map,
				    tail->index + 1);
		if (tail->index >= image->maps[map].max_entries)
			return fail(error, ERANGE, STAGE,
				    "@tail %s[%u]: the table has only %u slots, numbered from 0",
				    tail->map, tail->index, image->maps[map].max_entries);
		target = image_find_program(image, tail->function);
		if (target < 0)
			return no_such_function(image, tail->function, "@tail", error);
		r = entry_points_foreign(image, &image->programs[target], error);
		if (r < 0)
			return r;
	}
	return 0;
}

void entry_points_needed(const struct skbscope_image *image,
			 const struct entry_points *entry_points, bool *needed)
{
	for (size_t i = 0; i < image->program_count; i++)
		needed[i] = (int)i == entry_points->program[SKBSCOPE_INGRESS] ||
			    (int)i == entry_points->program[SKBSCOPE_EGRESS] ||
			    is_tail(image, image->programs[i].name);
}
