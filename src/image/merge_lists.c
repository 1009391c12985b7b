/* SPDX-License-Identifier: Apache-2.0 */
/* Of several files: layouts of events, and which headers were read. */
#include <string.h>

#include "base/cleanup.h"
#include "base/error.h"
#include "image/merge_steps.h"

int merge_events(struct merge *merge)
{
	struct skbscope_event_layout *events;
	size_t most = 0;

	for (size_t i = 0; i < merge->count; i++)
		most += merge->parts[i].image->event_count;
	events = ARENA_ARRAY(merge->arena, struct skbscope_event_layout, most);
	for (size_t i = 0; events && i < merge->count; i++)
		for (size_t j = 0; j < merge->parts[i].image->event_count; j++) {
			const struct skbscope_event_layout *from =
				&merge->parts[i].image->events[j];
			struct skbscope_event_layout *to = &events[merge->image->event_count++];
			struct skbscope_event_field *fields = ARENA_ARRAY(
				merge->arena, struct skbscope_event_field, from->field_count);

			to->table = arena_string(merge->arena, from->table);
			to->fields = fields;
			to->field_count = from->field_count;
			for (size_t k = 0; fields && k < from->field_count; k++) {
				fields[k].name = arena_string(merge->arena, from->fields[k].name);
				fields[k].type = arena_string(merge->arena, from->fields[k].type);
			}
		}
	merge->image->events = events;
	return events ? 0 : fail_memory(merge->error, MERGE_STAGE);
}

struct include {
	const char *name;
	uint32_t number;
};

static int by_name(const void *a, const void *b)
{
	const struct include *one = a, *two = b;

	return strcmp(one->name, two->name);
}

/* Those that no part before has; sorted: as many as BEFORE, and room for all. */
static bool add_includes(const struct merge *merge, size_t part, const char **includes,
			 struct include *sorted, size_t before)
{
	const struct skbscope_image *image = merge->parts[part].image;
	uint32_t *numbers = merge->places[part].includes;
	size_t count = before;

	for (size_t i = 0; i < image->include_count; i++) {
		const struct include wanted = { .name = image->includes[i] };
		const struct include *there =
			before ? bsearch(&wanted, sorted, before, sizeof(*sorted), by_name) : NULL;

		numbers[i] = there ? there->number : (uint32_t)count;
		if (there)
			continue;
		includes[count] = arena_string(merge->arena, wanted.name);
		if (!includes[count])
			return false;
		sorted[count] = (struct include){ includes[count], (uint32_t)count };
		count++;
	}
	qsort(sorted, count, sizeof(*sorted), by_name);
	merge->image->include_count = count;
	return true;
}

/* Each once, in order of opening. */
int merge_includes(struct merge *merge)
{
	AUTO(freep) struct include *sorted = NULL;
	const char **includes;
	size_t most = 0;

	for (size_t i = 0; i < merge->count; i++) {
		size_t count = merge->parts[i].image->include_count;

		merge->places[i].includes = ARENA_ARRAY(merge->arena, uint32_t, count);
		most += count;
	}
	includes = ARENA_ARRAY(merge->arena, const char *, most);
	sorted = calloc(most + 1, sizeof(*sorted));
	if (arena_failed(merge->arena) || !sorted)
		return fail_memory(merge->error, MERGE_STAGE);
	merge->image->includes = includes;
	for (size_t i = 0; i < merge->count; i++)
		if (!add_includes(merge, i, includes, sorted, merge->image->include_count))
			return fail_memory(merge->error, MERGE_STAGE);
	return 0;
}
