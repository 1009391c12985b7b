/* SPDX-License-Identifier: Apache-2.0 */
/* Verdicts by function, across swaps. */
#include "kernel/verdicts.h"

#include <errno.h>
#include <string.h>

#include "base/cleanup.h"
#include "image/image.h"

#define GONE_MAX 64 /* who renames a function more often than that is no longer interested */
#define GONE_NAME "(earlier functions)"

void verdict_past_clear(struct verdict_past *past)
{
	arena_free(past->arena);
	memset(past, 0, sizeof(*past));
}

bool verdicts_same_places(const struct skbscope_image *a, const struct skbscope_image *b)
{
	if (a->program_count != b->program_count)
		return false;
	for (size_t i = 0; i < a->program_count; i++)
		if (strcmp(a->programs[i].name, b->programs[i].name) != 0)
			return false;
	return true;
}

static struct verdict_tally *find(const struct verdict_past *past, const char *function)
{
	for (size_t i = 0; i < past->count; i++)
		if (strcmp(past->tallies[i].function, function) == 0)
			return &past->tallies[i];
	return NULL;
}

static struct verdict_tally *find_or_add(struct verdict_past *past, const char *function)
{
	struct verdict_tally *tally = find(past, function);

	if (tally)
		return tally;
	tally = &past->tallies[past->count];
	tally->function = arena_string(past->arena, function);
	past->count += tally->function != NULL;
	return tally;
}

int verdict_past_prepare(const struct verdict_past *from, const struct skbscope_image *image,
			 struct verdict_past *out)
{
	AUTO(verdict_past_clear)
	struct verdict_past past = { .arena = arena_new(), .incomplete = from->incomplete };
	size_t gone = 0;

	if (past.arena)
		past.tallies = ARENA_ARRAY(past.arena, struct verdict_tally,
					   from->count + image->program_count + 1);
	if (!past.tallies)
		return -ENOMEM;
	for (size_t i = 0; i < image->program_count; i++)
		find_or_add(&past, image->programs[i].name);
	for (size_t i = 0; i < from->count; i++) {
		const struct verdict_tally *tally = &from->tallies[i];
		bool apart = find(&past, tally->function) || gone++ < GONE_MAX;
		struct verdict_tally *to = find_or_add(&past, apart ? tally->function : GONE_NAME);

		for (size_t slot = 0; slot < PASSIVE_SLOTS; slot++)
			to->packets[slot] += tally->packets[slot];
	}
	if (arena_failed(past.arena))
		return -ENOMEM;
	*out = past;
	past = (struct verdict_past){ 0 };
	return 0;
}

static uint64_t sum_over_cpus(const struct map_reader *reader, const uint8_t *value)
{
	uint64_t sum = 0, count;

	for (uint32_t cpu = 0; cpu < reader->cpu_count; cpu++) {
		memcpy(&count, value + cpu * sizeof(count), sizeof(count));
		sum += count;
	}
	return sum;
}

/* sums has a place for every slot of the map. */
static int read_sums(struct map_reader *reader, uint64_t *sums)
{
	AUTO(table_rows_clear) struct table_rows rows = { 0 };
	int r = map_read(reader, reader->max_entries, &rows);

	for (size_t i = 0; r == 0 && i < rows.count; i++) {
		uint32_t slot;

		memcpy(&slot, table_rows_key(&rows, i), sizeof(slot));
		if (slot < reader->max_entries)
			sums[slot] = sum_over_cpus(reader, table_rows_value(&rows, i));
	}
	return r;
}

int verdict_past_add(struct verdict_past *past, const struct skbscope_image *image,
		     struct map_reader *reader)
{
	AUTO(freep) uint64_t *sums = calloc(reader->max_entries + 1, sizeof(*sums));
	int r = sums ? read_sums(reader, sums) : -ENOMEM;

	for (uint32_t i = 0; r == 0 && i < reader->max_entries; i++) {
		struct verdict_tally *tally = find(past, image->programs[i / PASSIVE_SLOTS].name);

		if (tally)
			tally->packets[i % PASSIVE_SLOTS] += sums[i];
	}
	return r;
}

static void add_given(struct arena *arena, struct skbscope_verdict_count *list, size_t *count,
		      const char *function, const uint64_t *now, const uint64_t *past)
{
	for (uint32_t slot = 0; slot < PASSIVE_SLOTS; slot++) {
		uint64_t packets = (now ? now[slot] : 0) + (past ? past[slot] : 0);

		if (packets)
			list[(*count)++] = (struct skbscope_verdict_count){
				.function = arena_string(arena, function),
				.verdict = passive_slot_verdict(slot),
				.packets = packets,
			};
	}
}

int verdicts_list(const struct verdict_past *past, const struct skbscope_image *image,
		  struct map_reader *reader, struct arena *arena,
		  struct skbscope_verdict_count **out, size_t *count)
{
	AUTO(freep) uint64_t *sums = calloc(reader->max_entries + 1, sizeof(*sums));
	int r = sums ? read_sums(reader, sums) : -ENOMEM;

	if (r < 0)
		return r;
	*count = 0;
	*out = ARENA_ARRAY(arena, struct skbscope_verdict_count,
			   (image->program_count + past->count) * PASSIVE_SLOTS);
	if (!*out)
		return -ENOMEM;
	for (size_t i = 0; i < image->program_count; i++) {
		const char *name = image->programs[i].name;
		const struct verdict_tally *tally = find(past, name);

		add_given(arena, *out, count, name, sums + i * PASSIVE_SLOTS,
			  tally ? tally->packets : NULL);
	}
	for (size_t i = 0; i < past->count; i++)
		if (image_find_program(image, past->tallies[i].function) < 0)
			add_given(arena, *out, count, past->tallies[i].function, NULL,
				  past->tallies[i].packets);
	return arena_failed(arena) ? -ENOMEM : 0;
}
