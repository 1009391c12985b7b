/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Costs, as the kernel accounts for them. Time is that of the program at the hook,
 * with all it calls and tail-calls; the statistics' own two clock readings are in it.
 */
#include "kernel/costs.h"

#include <bpf/bpf.h>
#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "base/buffer.h"
#include "base/cleanup.h"
#include "base/error.h"
#include "base/io.h"
#include "image/image.h"
#include "kernel/session.h"

#define STAGE SKBSCOPE_STAGE_OBSERVE

int costs_measure(void)
{
	int fd = bpf_enable_stats(BPF_STATS_RUN_TIME);

	return fd < 0 ? -1 : fd;
}

static bool query(int program, struct past_cost *out)
{
	struct bpf_prog_info info;

	if (program_info(program, &info) < 0)
		return false;
	out->verified = info.verified_insns;
	out->runs = info.run_cnt;
	out->run_ns = info.run_time_ns;
	return true;
}

static double mean(const struct past_cost *cost)
{
	return cost->runs ? (double)cost->run_ns / (double)cost->runs : (double)NAN;
}

static const struct past_cost *find_past(const struct skbscope_session *session,
					 const char *function)
{
	static const struct past_cost unknown;

	for (size_t i = 0; i < session->past_cost_count; i++)
		if (strcmp(session->past_costs[i].function, function) == 0)
			return &session->past_costs[i];
	return &unknown;
}

int costs_list(const struct skbscope_session *session, struct arena *arena,
	       const struct skbscope_function_cost **out, size_t *count)
{
	size_t total = session->image->program_count;
	struct skbscope_function_cost *costs =
		ARENA_ARRAY(arena, struct skbscope_function_cost, total);

	if (!costs)
		return -ENOMEM;
	*out = costs;
	*count = 0;
	for (size_t i = 0; i < total; i++) {
		const char *name = session->image->programs[i].name;
		const struct past_cost *before = find_past(session, name);
		struct past_cost now = { 0 };

		if (session->programs[i].fd < 0)
			continue;
		query(session->programs[i].fd, &now);
		costs[(*count)++] = (struct skbscope_function_cost){
			.function = arena_string(arena, name),
			.verified_before = before->verified,
			.verified_after = now.verified,
			.run_ns_before = mean(before),
			.run_ns_after = mean(&now),
			.runs_before = before->runs,
			.runs_after = now.runs,
			.same_code = session->same_code,
		};
	}
	return arena_failed(arena) ? -ENOMEM : 0;
}

static bool same_program(const struct skbscope_image_program *a,
			 const struct skbscope_image_program *b)
{
	return strcmp(a->name, b->name) == 0 && a->instruction_count == b->instruction_count &&
	       memcmp(a->instructions, b->instructions,
		      a->instruction_count * sizeof(*a->instructions)) == 0 &&
	       a->relocation_count == b->relocation_count &&
	       (!a->relocation_count || memcmp(a->relocations, b->relocations,
					       a->relocation_count * sizeof(*a->relocations)) == 0);
}

static bool same_map(const struct skbscope_image_map *a, const struct skbscope_image_map *b)
{
	return a->type == b->type && a->key_size == b->key_size && a->value_size == b->value_size &&
	       a->max_entries == b->max_entries && a->flags == b->flags;
}

/* All of it: a function's time has that of its tail calls in it. */
static bool same_code(const struct skbscope_image *a, const struct skbscope_image *b)
{
	if (a->program_count != b->program_count || a->map_count != b->map_count)
		return false;
	for (size_t i = 0; i < a->program_count; i++)
		if (!same_program(&a->programs[i], &b->programs[i]))
			return false;
	for (size_t i = 0; i < a->map_count; i++)
		if (!same_map(&a->maps[i], &b->maps[i]))
			return false;
	return true;
}

int costs_remember(const struct skbscope_session *before, struct skbscope_session *after)
{
	size_t total = before->image->program_count;

	costs_forget(after);
	after->past_costs = calloc(total + 1, sizeof(*after->past_costs));
	if (!after->past_costs)
		return -ENOMEM;
	after->same_code = same_code(before->image, after->image);
	for (size_t i = 0; i < total; i++) {
		struct past_cost *cost = &after->past_costs[after->past_cost_count];

		if (before->programs[i].fd < 0 || !query(before->programs[i].fd, cost))
			continue;
		cost->function = strdup(before->image->programs[i].name);
		if (!cost->function)
			return -ENOMEM;
		after->past_cost_count++;
	}
	return 0;
}

void costs_forget(struct skbscope_session *session)
{
	for (size_t i = 0; i < session->past_cost_count; i++)
		free(session->past_costs[i].function);
	free(TAKE(session->past_costs));
	session->past_cost_count = 0;
}

int skbscope_session_costs(struct skbscope_session *session, struct skbscope_costs **out,
			   struct skbscope_error *error)
{
	AUTO(arena_object_freep)
	struct skbscope_costs *costs = arena_object_new(sizeof(*costs));

	if (!costs || costs_list(session, arena_of(costs), &costs->functions, &costs->count) < 0)
		return fail_memory(error, STAGE);
	*out = TAKE(costs);
	return 0;
}

void skbscope_costs_free(struct skbscope_costs *costs)
{
	arena_object_free(costs);
}

int skbscope_session_table_memory(const struct skbscope_session *session, const char *table,
				  uint64_t *bytes)
{
	const int index = image_find_map(session->image, table);
	AUTO(buffer_free) struct buffer text = { 0 };
	char path[64];
	const char *line;
	int r;

	if (index < 0 || session->maps.maps[index] < 0)
		return -ENOENT;
	snprintf(path, sizeof(path), "/proc/self/fdinfo/%d", session->maps.maps[index]);
	r = read_file(path, 4096, &text);
	if (r < 0)
		return r;
	line = strstr(buffer_text(&text), "memlock:");
	if (!line)
		return -EOPNOTSUPP;
	*bytes = strtoull(line + strlen("memlock:"), NULL, 10);
	return 0;
}
