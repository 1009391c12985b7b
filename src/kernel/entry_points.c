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
			 program->name, image_path_of(image, program), foreign.is),
		    "%s", foreign.instead);
}

/* Those that could be attached: of the first file, or of all. */
static const char *list_functions(const struct skbscope_image *image, bool all, struct buffer *out)
{
	for (size_t i = 0; i < image->program_count; i++)
		if ((all || !image->programs[i].path) &&
		    entry_points_foreign(image, &image->programs[i], NULL) == 0)
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

		if (image->programs[i].path || !strstr(image->programs[i].name, word) ||
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
		     list_functions(image, false, &list));

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

/* "--ingress in", as if it took a direction. */
static bool is_direction(const char *word)
{
	static const char *const words[] = { "in", "out", "inout", "both", "ingress", "egress" };

	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++)
		if (strcmp(word, words[i]) == 0)
			return true;
	return false;
}

static int no_such_function(const struct skbscope_image *image, const char *wanted,
			    const char *origin, struct skbscope_error *error)
{
	AUTO(buffer_free) struct buffer list = { 0 };
	AUTO(freep) const char **names = calloc(image->program_count + 1, sizeof(*names));
	int r;

	r = fail(error, ENOENT, STAGE, "%s names the function '%s', which '%s' does not have",
		 origin, wanted, image->path);
	if (origin[0] == '-' && is_direction(wanted))
		return hint(error, r,
			    "-Q in, -Q out or -Q inout says which packets; its functions "
			    "are: %s",
			    list_functions(image, true, &list));
	for (size_t i = 0; names && i < image->program_count; i++)
		names[i] = image->programs[i].name;
	if (names && hint_nearest(error, wanted, names, image->program_count))
		return r;
	return hint(error, r, "its functions are: %s", list_functions(image, true, &list));
}

/* What is said of a direction: the option, the tag, the letter's word. */
struct side {
	const char *option, *tag, *word, *packets;
	enum skbscope_directions only;
};
static const struct side sides[] = {
	[SKBSCOPE_INGRESS] = { "--ingress", "@ingress", "in", "incoming", SKBSCOPE_IN },
	[SKBSCOPE_EGRESS] = { "--egress", "@egress", "out", "outgoing", SKBSCOPE_OUT },
};

static int choose_side(const struct skbscope_image *image, const struct side *side,
		       const char *option, const char *tag, int *out, struct skbscope_error *error)
{
	const char *wanted = option ? option : tag;

	*out = -1;
	if (!wanted)
		return 0;
	*out = image_find_program(image, wanted);
	if (*out < 0)
		return no_such_function(image, wanted, option ? side->option : side->tag, error);
	return entry_points_foreign(image, &image->programs[*out], error);
}

/* The functions that could be on a hook without being named, which another file's could not:
 * how many, and the first. */
static size_t candidates(const struct skbscope_image *image, int *first, int *foreign)
{
	size_t count = 0;

	*first = *foreign = -1;
	for (size_t i = 0; i < image->program_count; i++) {
		if (image->programs[i].path || is_tail(image, image->programs[i].name))
			continue;
		if (entry_points_foreign(image, &image->programs[i], NULL) < 0) {
			*foreign = *foreign < 0 ? (int)i : *foreign;
			continue;
		}
		*first = *first < 0 ? (int)i : *first;
		count++;
	}
	return count;
}

static bool has_functions(const struct skbscope_image *image)
{
	for (size_t i = 0; i < image->program_count; i++)
		if (!image->programs[i].path)
			return true;
	return false;
}

/* Whatever the other files have. */
static int no_function(const struct skbscope_image *image, struct skbscope_error *error)
{
	AUTO(buffer_free) struct buffer list = { 0 };
	int r = fail(error, ENOENT, STAGE, "'%s' has no function to attach", image->path);

	return image->program_count
		       ? hint(error, r,
			      "name one of the other files' with --ingress or --egress: %s",
			      list_functions(image, true, &list))
		       : hint(error, r,
			      "write: int count_packets(struct __sk_buff *skb) { … return 0; }");
}

static int no_candidate(const struct skbscope_image *image, int foreign,
			struct skbscope_error *error)
{
	if (!has_functions(image))
		return no_function(image, error);
	if (foreign >= 0)
		return entry_points_foreign(image, &image->programs[foreign], error);
	return hint(error,
		    fail(error, ENOENT, STAGE,
			 "every function of '%s' is the target of a @tail, so none is "
			 "left to attach",
			 image->path),
		    "name one with @ingress or @egress in the comment, or with --ingress "
		    "or --egress");
}

static int no_use(const struct side *other, const char *option, enum skbscope_directions asked,
		  struct skbscope_error *error)
{
	return hint(error,
		    fail(error, EINVAL, STAGE, "-Q %s leaves out the %s packets that %s %s is for",
			 asked == SKBSCOPE_IN ? "in" : "out", other->packets, other->option,
			 option),
		    "write -Q inout, or leave one of them out");
}

static int no_function_for(const struct skbscope_image *image, const struct side *side,
			   struct skbscope_error *error)
{
	AUTO(buffer_free) struct buffer list = { 0 };

	return hint(
		error,
		fail(error, EINVAL, STAGE,
		     "'%s' has several functions and says of none that it is for %s packets: %s",
		     image->path, side->packets, list_functions(image, false, &list)),
		"name it with %s", side->option);
}

/* A direction that was asked for: what it has no function for, the only one does. */
static int fill_side(const struct skbscope_image *image, const struct side *side, int *program,
		     struct skbscope_error *error)
{
	int first, foreign;
	size_t count;

	if (*program >= 0)
		return 0;
	count = candidates(image, &first, &foreign);
	if (!count)
		return no_candidate(image, foreign, error);
	if (count > 1)
		return no_function_for(image, side, error);
	*program = first;
	return 0;
}

static int choose_asked(const struct skbscope_image *image,
			const struct skbscope_session_options *options, int *program,
			struct skbscope_error *error)
{
	const char *const named[] = { options->ingress, options->egress };

	for (int i = SKBSCOPE_INGRESS; i <= SKBSCOPE_EGRESS; i++) {
		const bool wanted = options->directions == SKBSCOPE_INOUT ||
				    options->directions == sides[i].only;
		int r;

		if (!wanted && named[i])
			return no_use(&sides[i], named[i], options->directions, error);
		r = wanted ? fill_side(image, &sides[i], &program[i], error) : 0;
		if (r < 0)
			return r;
		if (!wanted)
			program[i] = -1;
	}
	return 0;
}

int entry_points_choose(const struct skbscope_image *image,
			const struct skbscope_session_options *options, struct entry_points *out,
			struct skbscope_error *error)
{
	const struct skbscope_documentation *tags = image->documentation;
	int r, first, foreign;
	size_t count;

	r = choose_side(image, &sides[SKBSCOPE_INGRESS], options->ingress,
			tags ? tags->ingress : NULL, &out->program[SKBSCOPE_INGRESS], error);
	if (r < 0)
		return r;
	r = choose_side(image, &sides[SKBSCOPE_EGRESS], options->egress, tags ? tags->egress : NULL,
			&out->program[SKBSCOPE_EGRESS], error);
	if (r < 0)
		return r;
	if (options->directions != SKBSCOPE_AS_TAGGED)
		return choose_asked(image, options, out->program, error);
	if (out->program[SKBSCOPE_INGRESS] >= 0 || out->program[SKBSCOPE_EGRESS] >= 0)
		return 0;
	count = candidates(image, &first, &foreign);
	if (!count)
		return no_candidate(image, foreign, error);
	if (count > 1)
		return several(image, image->programs[first].name, error);
	out->program[SKBSCOPE_INGRESS] = first;
	return 0;
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
