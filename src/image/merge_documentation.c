/* SPDX-License-Identifier: Apache-2.0 */
/* What the comments of several files say together. */
#include <errno.h>
#include <string.h>

#include "base/arena.h"
#include "base/error.h"
#include "image/merge.h"

struct lists {
	struct arena *arena; /* strings are copied: the images end */
	struct skbscope_documentation *out;
	struct skbscope_tail *tails;
	struct skbscope_parameter *parameters;
	struct skbscope_table_tag *sorts, *hidden, *events, *histograms;
};

static const struct skbscope_documentation *of(const struct image_part *part)
{
	return part->image->documentation;
}

static bool make_room(const struct image_part *parts, size_t count, struct arena *arena,
		      struct lists *lists)
{
	struct skbscope_documentation all = { 0 };

	for (size_t i = 0; i < count; i++) {
		all.tail_count += of(&parts[i])->tail_count;
		all.parameter_count += of(&parts[i])->parameter_count;
		all.sort_count += of(&parts[i])->sort_count;
		all.hidden_count += of(&parts[i])->hidden_count;
		all.event_count += of(&parts[i])->event_count;
		all.histogram_count += of(&parts[i])->histogram_count;
	}
	lists->tails = ARENA_ARRAY(arena, struct skbscope_tail, all.tail_count);
	lists->parameters = ARENA_ARRAY(arena, struct skbscope_parameter, all.parameter_count);
	lists->sorts = ARENA_ARRAY(arena, struct skbscope_table_tag, all.sort_count);
	lists->hidden = ARENA_ARRAY(arena, struct skbscope_table_tag, all.hidden_count);
	lists->events = ARENA_ARRAY(arena, struct skbscope_table_tag, all.event_count);
	lists->histograms = ARENA_ARRAY(arena, struct skbscope_table_tag, all.histogram_count);
	return !arena_failed(arena);
}

static int add_tail(struct lists *lists, const struct skbscope_tail *tail,
		    struct skbscope_error *error)
{
	for (size_t i = 0; i < lists->out->tail_count; i++) {
		const struct skbscope_tail *there = &lists->tails[i];

		if (there->index != tail->index || strcmp(there->map, tail->map) != 0)
			continue;
		if (strcmp(there->function, tail->function) == 0)
			return 0;
		return fail(error, EINVAL, SKBSCOPE_STAGE_COMPILE,
			    "@tail %s[%u] names '%s' in one file and '%s' in another", tail->map,
			    tail->index, there->function, tail->function);
	}
	lists->tails[lists->out->tail_count++] = (struct skbscope_tail){
		.map = arena_string(lists->arena, tail->map),
		.index = tail->index,
		.function = arena_string(lists->arena, tail->function),
	};
	return 0;
}

static void add_parameter(struct lists *lists, const struct skbscope_parameter *parameter)
{
	for (size_t i = 0; i < lists->out->parameter_count; i++)
		if (strcmp(lists->parameters[i].name, parameter->name) == 0)
			return;
	lists->parameters[lists->out->parameter_count++] = (struct skbscope_parameter){
		.name = arena_string(lists->arena, parameter->name),
		.value = arena_string(lists->arena, parameter->value),
		.text = arena_string(lists->arena, parameter->text),
	};
}

/* Of two tags for one table the earlier file's. */
static void add_tags(struct arena *arena, const struct skbscope_table_tag *from, size_t from_count,
		     struct skbscope_table_tag *to, size_t *to_count)
{
	for (size_t i = 0; i < from_count; i++) {
		bool there = false;

		for (size_t j = 0; j < *to_count && !there; j++)
			there = strcmp(to[j].table, from[i].table) == 0;
		if (!there)
			to[(*to_count)++] = (struct skbscope_table_tag){
				.table = arena_string(arena, from[i].table),
				.argument = arena_string(arena, from[i].argument),
			};
	}
}

static int add(struct lists *lists, const struct skbscope_documentation *from,
	       struct skbscope_error *error)
{
	struct skbscope_documentation *out = lists->out;
	int r = 0;

	for (size_t i = 0; i < from->tail_count && r == 0; i++)
		r = add_tail(lists, &from->tails[i], error);
	for (size_t i = 0; i < from->parameter_count; i++)
		add_parameter(lists, &from->parameters[i]);
	add_tags(lists->arena, from->sorts, from->sort_count, lists->sorts, &out->sort_count);
	add_tags(lists->arena, from->hidden, from->hidden_count, lists->hidden, &out->hidden_count);
	add_tags(lists->arena, from->events, from->event_count, lists->events, &out->event_count);
	add_tags(lists->arena, from->histograms, from->histogram_count, lists->histograms,
		 &out->histogram_count);
	return r;
}

const struct skbscope_documentation *merge_documentation(const struct image_part *parts,
							 size_t count, struct arena *arena,
							 struct skbscope_error *error)
{
	struct lists lists = { .arena = arena,
			       .out = ARENA_NEW(arena, struct skbscope_documentation) };

	if (!lists.out || !make_room(parts, count, arena, &lists)) {
		fail_memory(error, SKBSCOPE_STAGE_COMPILE);
		return NULL;
	}
	*lists.out = (struct skbscope_documentation){
		.summary = arena_string(arena, of(parts)->summary),
		.text = arena_string(arena, of(parts)->text),
		.ingress = arena_string(arena, of(parts)->ingress),
		.egress = arena_string(arena, of(parts)->egress),
		.enforce = arena_string(arena, of(parts)->enforce),
		.tails = lists.tails,
		.parameters = lists.parameters,
		.sorts = lists.sorts,
		.hidden = lists.hidden,
		.events = lists.events,
		.histograms = lists.histograms,
	};
	for (size_t i = 0; i < count; i++)
		if (add(&lists, of(&parts[i]), error) < 0)
			return NULL;
	return lists.out;
}
