/* SPDX-License-Identifier: Apache-2.0 */
/* Sessions: opening, closing, and asking about loaded functions. */
#include "kernel/session.h"

#include <bpf/bpf.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/error.h"
#include "base/options.h"
#include "image/image.h"
#include "image/passive.h"
#include "kernel/costs.h"
#include "kernel/feed.h"
#include "kernel/processes.h"
#include "kernel/prologue.h"

void session_closep(struct skbscope_session **session)
{
	skbscope_session_close(*session);
	*session = NULL;
}

static int allocate(struct skbscope_session *session, struct skbscope_error *error)
{
	const struct skbscope_image *image = session->image;

	session->programs = calloc(image->program_count + 1, sizeof(*session->programs));
	session->readers = calloc(image->map_count + 1, sizeof(*session->readers));
	session->tables = calloc(image->map_count + 1, sizeof(*session->tables));
	if (!session->programs || !session->readers || !session->tables)
		return fail_memory(error, SKBSCOPE_STAGE_LOAD);
	for (size_t i = 0; i < image->program_count; i++) {
		session->programs[i].program = &image->programs[i];
		session->programs[i].first_slot = (uint32_t)i * PASSIVE_SLOTS;
		session->programs[i].fd = -1;
	}
	return schema_set_new(image, &session->schemas, error);
}

static void make_readers(struct skbscope_session *session)
{
	uint32_t cpus = possible_cpus();

	for (size_t i = 0; i < session->image->map_count; i++) {
		const struct skbscope_image_map *map = &session->image->maps[i];

		map_reader_init(&session->readers[i], session->maps.maps[i], map->type,
				map->key_size, map->value_size, map->max_entries, cpus);
		session->tables[session->table_count++] =
			map_source(&session->readers[i], schema_set_table(session->schemas, i),
				   session->generation);
	}
	map_reader_init(&session->verdict_reader, session->maps.verdicts, BPF_MAP_TYPE_PERCPU_ARRAY,
			sizeof(uint32_t), sizeof(uint64_t),
			(uint32_t)session->image->program_count * PASSIVE_SLOTS, cpus);
}

/* Tail-called functions get no packet that an entry function did not let through. */
static enum filter_direction direction_of(const struct skbscope_session *session, size_t program)
{
	const int *entries = session->entry_points.program;
	const bool in = entries[SKBSCOPE_INGRESS] == (int)program,
		   out = entries[SKBSCOPE_EGRESS] == (int)program;

	if (in && out)
		return FILTER_BOTH;
	return in ? FILTER_INCOMING : out ? FILTER_OUTGOING : FILTER_NO_ENTRY;
}

static int load_one(struct skbscope_session *session, size_t program,
		    enum skbscope_severity severity, struct skbscope_diagnostics *diagnostics,
		    struct skbscope_error *error)
{
	const struct load_options options = {
		.enforce = session->enforce,
		.severity = severity,
		.statistics = session->every_function,
		.filter = session->filter,
		.direction = direction_of(session, program),
	};

	return program_load(session->image, &session->maps, &options, &session->programs[program],
			    diagnostics, error);
}

static int load_needed(struct skbscope_session *session, const bool *needed,
		       struct skbscope_diagnostics *diagnostics, struct skbscope_error *error)
{
	const struct skbscope_image *image = session->image;

	for (size_t i = 0; i < image->program_count; i++) {
		int r;

		if (!needed[i])
			continue;
		r = load_one(session, i, SKBSCOPE_SEVERITY_ERROR, diagnostics, error);
		if (r < 0)
			return r;
	}
	return 0;
}

/* For checking. A function that belongs to another kind of hook is left out, unless
 * nothing else is there. One that is refused and not needed is a warning, unless nothing is
 * left. */
static int load_every(struct skbscope_session *session, const bool *needed,
		      struct skbscope_diagnostics *diagnostics, struct skbscope_error *error)
{
	const struct skbscope_image *image = session->image;
	struct skbscope_error first = { 0 }, refusal = { 0 }, foreign = { 0 };
	bool fatal = false;
	size_t loaded = 0;

	for (size_t i = 0; i < image->program_count; i++) {
		bool must = needed[i] || image->program_count == 1;
		int r = entry_points_foreign(image, &image->programs[i], &refusal);

		if (r < 0) {
			foreign = refusal;
			continue;
		}
		r = load_one(session, i, must ? SKBSCOPE_SEVERITY_ERROR : SKBSCOPE_SEVERITY_WARNING,
			     diagnostics, &refusal);

		if (r >= 0) {
			loaded++;
			continue;
		}
		if (refusal.stage != SKBSCOPE_STAGE_VERIFY)
			fatal = true;
		if (!first.code || (must && !fatal))
			first = refusal;
		fatal = fatal || must;
	}
	if (!first.code)
		first = foreign;
	if ((fatal || !loaded) && first.code) {
		if (error)
			*error = first;
		return first.code;
	}
	return 0;
}

/* The programs stay in the kernel without this, but the array forgets them when
 * its last descriptor closes: it is held open by the session. */
int session_fill_tails(const struct skbscope_session *session, bool pinned,
		       struct skbscope_error *error)
{
	const struct skbscope_documentation *tags = session->image->documentation;

	for (size_t i = 0; tags && i < tags->tail_count; i++) {
		const struct skbscope_tail *tail = &tags->tails[i];
		const struct loaded_program *target = session_program(session, tail->function);
		int map = image_find_map(session->image, tail->map);
		uint32_t index = tail->index;

		if (!target) /* refused while checking; reported there */
			continue;
		if ((session->image->maps[map].pin_path != NULL) != pinned)
			continue;
		if (bpf_map_update_elem(session->maps.maps[map], &index, &target->fd, BPF_ANY) < 0)
			return fail_errno(error, errno, SKBSCOPE_STAGE_LOAD,
					  "cannot put '%s' into %s[%u]", tail->function, tail->map,
					  index);
	}
	return 0;
}

struct table_source *session_table(const struct skbscope_session *session, const char *name)
{
	for (size_t i = 0; i < session->table_count; i++)
		if (strcmp(session->tables[i].schema->public.table, name) == 0)
			return &session->tables[i];
	return NULL;
}

int session_add_table(struct skbscope_session *session, const struct table_source *source,
		      struct skbscope_error *error)
{
	const char *name = source->schema->public.table;
	struct table_source *tables;

	if (session_table(session, name))
		return fail(error, EEXIST, SKBSCOPE_STAGE_OBSERVE, "there is a table '%s' already",
			    name);
	tables = reallocarray(session->tables, session->table_count + 1, sizeof(*tables));
	if (!tables)
		return fail_memory(error, SKBSCOPE_STAGE_OBSERVE);
	session->tables = tables;
	tables[session->table_count++] = *source;
	return 0;
}

bool session_has_tail(const struct skbscope_session *session, const char *map, uint32_t index)
{
	const struct skbscope_documentation *tags = session->image->documentation;

	for (size_t i = 0; tags && i < tags->tail_count; i++)
		if (tags->tails[i].index == index && strcmp(tags->tails[i].map, map) == 0)
			return true;
	return false;
}

static int choose(struct skbscope_session *session, const struct skbscope_session_options *options,
		  struct skbscope_error *error)
{
	int r;

	session->enforce = options->enforce && !options->replay;
	session->every_function = options->every_function;
	session->filter = options->filter;
	session->directions = options->directions;
	session->numbers = options->numbers;
	r = session_events_choose(&session->events, session->image, options->buffer_bytes, error);
	if (r < 0)
		return r;
	r = entry_points_check_tails(session->image, error);
	if (r < 0)
		return r;
	r = entry_points_choose(session->image, options, &session->entry_points, error);
	/* To check a program it need not be known where its functions would go. */
	if (r == -EINVAL && options->every_function)
		return 0;
	return r;
}

int session_new(const struct skbscope_image *image, const struct skbscope_session_options *options,
		struct skbscope_session **out, struct skbscope_error *error)
{
	AUTO(session_closep) struct skbscope_session *session = calloc(1, sizeof(*session));
	int r;

	if (!session)
		return fail_memory(error, SKBSCOPE_STAGE_LOAD);
	session->image = image;
	session->generation = 1;
	session->maps.btf = -1;
	session->maps.verdicts = -1;
	session->maps.events = -1;
	session->maps.points = -1;
	session->events.fd = -1;
	session->statistics = -1;
	session->placeholder.fd = -1;
	session->entry_points = (struct entry_points){ { -1, -1 } };
	r = choose(session, options, error);
	if (r < 0)
		return r;
	r = allocate(session, error);
	if (r == 0 && session->numbers && schema_set_show_numbers(session->schemas) < 0)
		r = fail_memory(error, SKBSCOPE_STAGE_LOAD);
	if (r == 0 && options->replay)
		r = session_feed_open(session, error);
	if (r < 0)
		return r;
	*out = TAKE(session);
	return 0;
}

int session_load(struct skbscope_session *session, const struct map_reuse *reuse,
		 struct skbscope_diagnostics *diagnostics, struct skbscope_error *error)
{
	const struct skbscope_image *image = session->image;
	AUTO(freep) bool *needed = calloc(image->program_count + 1, sizeof(*needed));
	const struct map_plan plan = { .reuse = reuse,
				       .buffers = session->events.buffers,
				       .counts = session->events.counts,
				       .points = session->point_count,
				       .buffer_bytes = session->events.buffer_bytes };
	int r = maps_create(image, (uint32_t)image->program_count, &plan, &session->maps,
			    diagnostics, error);

	if (r < 0)
		return r;
	if (!needed)
		return fail_memory(error, SKBSCOPE_STAGE_LOAD);
	make_readers(session);
	r = session->every_function ? 0 : session_events_open(session, reuse, error);
	if (r < 0)
		return r;
	entry_points_needed(image, &session->entry_points, needed);
	r = session->every_function ? load_every(session, needed, diagnostics, error)
				    : load_needed(session, needed, diagnostics, error);
	if (r < 0)
		return r;
	return session_fill_tails(session, false, error);
}

int session_open(const struct skbscope_image *image,
		 const struct skbscope_session_options *caller_options, bool points,
		 struct skbscope_session **out, struct skbscope_diagnostics *diagnostics,
		 struct skbscope_error *error)
{
	AUTO(session_closep) struct skbscope_session *session = NULL;
	struct skbscope_session_options options = { 0 };
	struct map_reuse fresh = { .verdicts = -1 };
	int r;

	r = options_take(&options, sizeof(options), caller_options, SKBSCOPE_STAGE_LOAD, error);
	if (r == 0)
		r = possible_cpus_ask(error);
	if (r < 0)
		return r;
	r = session_new(image, &options, &session, error);
	if (r == 0 && points)
		r = session_points_open(session, error);
	if (r < 0)
		return r;
	fresh.replay = session->feed ? feed_map(session->feed) : -1;
	r = session_load(session, &fresh, diagnostics, error);
	if (r < 0)
		return r;
	r = session_fill_tails(session, true, error);
	if (r == 0 && session->feed)
		r = session_feed_targets(session, error);
	if (r < 0)
		return r;
	if (options.measure)
		session->statistics = costs_measure();
	*out = TAKE(session);
	return 0;
}

int skbscope_session_open(const struct skbscope_image *image,
			  const struct skbscope_session_options *options,
			  struct skbscope_session **out, struct skbscope_diagnostics *diagnostics,
			  struct skbscope_error *error)
{
	return session_open(image, options, false, out, diagnostics, error);
}

const struct loaded_program *session_program(const struct skbscope_session *session,
					     const char *function)
{
	int index = image_find_program(session->image, function);

	if (index < 0 || session->programs[index].fd < 0)
		return NULL;
	return &session->programs[index];
}

bool session_entry(const struct skbscope_session *session, enum skbscope_direction direction,
		   struct hook_program *out)
{
	int index = session->entry_points.program[direction];

	if (index < 0)
		return false;
	*out = (struct hook_program){
		.function = session->image->programs[index].name,
		.id = session->programs[index].id,
		.fd = session->programs[index].fd,
	};
	return true;
}

int skbscope_session_program_facts(const struct skbscope_session *session, const char *function,
				   struct skbscope_program_facts *facts)
{
	const struct loaded_program *loaded = session_program(session, function);
	struct bpf_prog_info info;
	int r = loaded ? program_info(loaded->fd, &info) : -ENOENT;

	if (r < 0)
		return r;
	memset(facts, 0, sizeof(*facts));
	facts->id = info.id;
	facts->instructions = info.xlated_prog_len / (uint32_t)sizeof(struct bpf_insn);
	facts->verified = info.verified_insns ? info.verified_insns : loaded->verified;
	facts->stack = loaded->stack;
	facts->load_ns = loaded->load_ns;
	facts->writes_packets = prologue_query(loaded->fd);
	return 0;
}

int skbscope_session_test_run(struct skbscope_session *session, const char *function,
			      const void *frame, size_t length, uint32_t repeat, int32_t *verdict,
			      uint32_t *duration_ns, struct skbscope_error *error)
{
	const struct loaded_program *loaded = session_program(session, function);
	LIBBPF_OPTS(bpf_test_run_opts, options);

	if (!loaded)
		return fail(error, ENOENT, SKBSCOPE_STAGE_OBSERVE,
			    "the function '%s' is not loaded", function);
	if (length < 14 || length > UINT16_MAX)
		return fail(error, EINVAL, SKBSCOPE_STAGE_OBSERVE,
			    "an Ethernet frame has 14 to 65535 bytes, not %zu", length);
	options.data_in = frame;
	options.data_size_in = (uint32_t)length;
	options.repeat = repeat ? (int)repeat : 1;
	if (bpf_prog_test_run_opts(loaded->fd, &options) < 0)
		return fail_errno(error, errno, SKBSCOPE_STAGE_OBSERVE,
				  "cannot run '%s' on a frame of %zu bytes", function, length);
	if (verdict)
		*verdict = (int32_t)options.retval;
	if (duration_ns)
		*duration_ns = options.duration;
	return 0;
}

void skbscope_session_close(struct skbscope_session *session)
{
	if (!session)
		return;
	skbscope_session_detach(session, NULL);
	for (size_t i = 0; session->programs && i < session->image->program_count; i++)
		closep(&session->programs[i].fd);
	free(session->programs);
	maps_close(&session->maps);
	for (size_t i = 0; i < session->table_count; i++)
		table_source_close(&session->tables[i]);
	free(session->tables);
	free(session->readers);
	session_events_close(&session->events);
	processes_freep(&session->processes);
	schema_set_unref(session->schemas);
	snapshot_unref(session->previous);
	verdict_past_clear(&session->verdict_past);
	costs_forget(session);
	closep(&session->statistics);
	closep(&session->placeholder.fd);
	feed_free(session->feed);
	session_points_close(session);
	for (size_t i = session->hook_count; i-- > 0;)
		hook_clear(&session->hooks[i]);
	free(session->hooks);
	free(session);
}
