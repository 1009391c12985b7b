/* SPDX-License-Identifier: Apache-2.0 */
/* Reading with libbpf: a ring buffer, or a buffer for each CPU. */
#include "events/source.h"

#include <bpf/libbpf.h>
#include <errno.h>
#include <linux/perf_event.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/arena.h"
#include "base/buffer.h"
#include "base/cleanup.h"
#include "model/print.h"

/* A buffer a CPU has no flag for each event: one in so many wakes its reader. */
#define WAKEUP_EVENTS 64u

/* Of the image that a print's numbers are of. */
struct print_names {
	struct arena *arena; /* its own */
	const char **functions, **headers;
	const char **files; /* of the functions; NULL: the program's first */
	size_t function_count, header_count;
};

struct event_source {
	struct schema_set *schemas; /* holds the schema */
	const struct skbscope_schema *schema;
	char *function; /* NULL: not known */
	bool has_rest;
	struct ring_buffer *ring;
	struct perf_buffer *perf;
	size_t next_cpu;
	uint64_t received;
	uint8_t *padded;            /* room for an event that is too short */
	char *table;                /* as the image calls it */
	struct print_names *prints; /* NULL: they are no prints */
	struct buffer text;         /* of the latest */
	struct event_drain *drain;
};

static const char *name_of(const char *const *names, size_t count, uint32_t index)
{
	return index < count ? names[index] : NULL;
}

/* A print's own clock is exact, and one that is ahead of ours is not ours. */
static void set_time(uint64_t time_ns, struct skbscope_event *event)
{
	const uint64_t ago = event->monotonic_ns - time_ns;

	if (!time_ns || time_ns > event->monotonic_ns || ago > event->wall_ns)
		return;
	event->monotonic_ns = time_ns;
	event->wall_ns -= ago;
}

static void read_print(struct event_source *source, const uint8_t *data, size_t size,
		       struct skbscope_event *event)
{
	const struct print_names *names = source->prints;
	struct print print;

	buffer_clear(&source->text);
	event->record.value = (const uint8_t *)"";
	event->size = 0;
	event->text = "(not a print)";
	event->function = NULL;
	if (print_read(data, size, &print, &source->text) < 0)
		return;
	event->text = buffer_text(&source->text);
	event->line = print.line;
	event->function = name_of(names->functions, names->function_count, print.program);
	event->file = print.header == PRINT_INDEX_NONE
			      ? name_of(names->files, names->function_count, print.program)
			      : name_of(names->headers, names->header_count, print.header);
	set_time(print.time_ns, event);
}

/* Whether another one is wanted. */
static bool deliver(struct event_source *source, const uint8_t *data, size_t size)
{
	struct event_drain *drain = source->drain;
	const size_t whole = source->schema->value_size;
	struct skbscope_event event = {
		.record = { .schema = source->schema, .value = data },
		.size = (uint32_t)(size < whole ? size : whole),
		.function = source->function,
		.number = ++source->received,
		.wall_ns = drain->wall_ns,
		.monotonic_ns = drain->monotonic_ns,
	};

	if (source->prints) {
		read_print(source, data, size, &event);
	} else if (size < whole) {
		memcpy(source->padded, data, size);
		memset(source->padded + size, 0, whole - size);
		event.record.value = source->padded;
	} else if (size > whole && (source->ring || source->has_rest)) {
		event.rest = data + whole;
		event.rest_size = size - whole;
	}
	drain->count++;
	drain->left--;
	if (drain->callback && drain->callback(drain->context, &event) < 0)
		drain->ended = true;
	return !drain->ended && drain->left;
}

static int on_ring_event(void *context, void *data, size_t size)
{
	return deliver(context, data, size) ? 0 : -ECANCELED;
}

struct perf_sample {
	struct perf_event_header header;
	uint32_t size;
	uint8_t data[];
};

/* What was lost here, the functions have counted. */
static enum bpf_perf_event_ret on_perf_event(void *context, int cpu,
					     struct perf_event_header *header)
{
	const struct perf_sample *sample = (const void *)header;

	(void)cpu;
	if (header->type != PERF_RECORD_SAMPLE || header->size < sizeof(*sample) ||
	    sample->size > header->size - sizeof(*sample))
		return LIBBPF_PERF_EVENT_CONT;
	return deliver(context, sample->data, sample->size) ? LIBBPF_PERF_EVENT_CONT
							    : LIBBPF_PERF_EVENT_ERROR;
}

static int open_ring(struct event_source *source, int map)
{
	source->ring = ring_buffer__new(map, on_ring_event, source, NULL);
	return source->ring ? 0 : -errno;
}

static int open_perf(struct event_source *source, int map, size_t bytes)
{
	struct perf_event_attr attributes = {
		.type = PERF_TYPE_SOFTWARE,
		.size = sizeof(attributes),
		.config = PERF_COUNT_SW_BPF_OUTPUT,
		.sample_type = PERF_SAMPLE_RAW,
		.sample_period = 1,
		.wakeup_events = WAKEUP_EVENTS,
	};

	source->perf = perf_buffer__new_raw(map, bytes / (size_t)sysconf(_SC_PAGESIZE), &attributes,
					    on_perf_event, source, NULL);
	return source->perf ? 0 : -errno;
}

static void print_names_free(struct print_names *names)
{
	arena_object_free(names);
}

static void print_names_freep(struct print_names **names)
{
	print_names_free(*names);
	*names = NULL;
}

static int copy_names(const struct skbscope_image *image, struct print_names **out)
{
	AUTO(print_names_freep) struct print_names *names = arena_object_new(sizeof(*names));
	struct arena *arena = names ? arena_of(names) : NULL;

	if (!names)
		return -ENOMEM;
	names->functions = ARENA_ARRAY(arena, const char *, image->program_count);
	names->files = ARENA_ARRAY(arena, const char *, image->program_count);
	names->headers = ARENA_ARRAY(arena, const char *, image->include_count);
	for (size_t i = 0; names->functions && names->files && i < image->program_count; i++) {
		names->files[i] = arena_string(arena, image->programs[i].path);
		names->functions[names->function_count++] =
			arena_string(arena, image->programs[i].name);
	}
	for (size_t i = 0; names->headers && i < image->include_count; i++)
		names->headers[names->header_count++] = arena_string(arena, image->includes[i]);
	if (arena_failed(arena))
		return -ENOMEM;
	*out = TAKE(names);
	return 0;
}

int event_source_adopt(struct event_source *source, const struct event_origin *origin)
{
	const struct skbscope_image_map *map = &origin->image->maps[origin->map];
	const char *function = map->events->function;
	AUTO(freep) char *copy = function ? strdup(function) : NULL;
	AUTO(freep) char *table = strdup(map->name);
	AUTO(freep) uint8_t *padded = malloc(origin->schema->public.value_size + 1);
	AUTO(print_names_freep) struct print_names *prints = NULL;

	if (!padded || !table || (function && !copy))
		return -ENOMEM;
	if (origin->schema->public.is_prints && copy_names(origin->image, &prints) < 0)
		return -ENOMEM;
	free(source->padded);
	free(source->function);
	free(source->table);
	print_names_free(source->prints);
	schema_set_ref(origin->schema->set);
	schema_set_unref(source->schemas);
	source->schemas = origin->schema->set;
	source->schema = &origin->schema->public;
	source->has_rest = map->events->has_rest;
	source->function = TAKE(copy);
	source->table = TAKE(table);
	source->padded = TAKE(padded);
	source->prints = TAKE(prints);
	return 0;
}

static void event_source_closep(struct event_source **source)
{
	event_source_close(*source);
	*source = NULL;
}

int event_source_open(const struct event_origin *origin, enum events_buffer buffer, int map,
		      size_t bytes, struct event_source **out)
{
	AUTO(event_source_closep) struct event_source *source = calloc(1, sizeof(*source));
	int r = source ? event_source_adopt(source, origin) : -ENOMEM;

	libbpf_print_fn_t print = libbpf_set_print(NULL); /* the caller is told, not stderr */

	if (r == 0)
		r = buffer == EVENTS_PERF ? open_perf(source, map, bytes) : open_ring(source, map);
	libbpf_set_print(print);
	if (r < 0)
		return r;
	*out = TAKE(source);
	return 0;
}

void event_source_close(struct event_source *source)
{
	if (!source)
		return;
	ring_buffer__free(source->ring);
	perf_buffer__free(source->perf);
	schema_set_unref(source->schemas);
	free(source->function);
	free(source->table);
	free(source->padded);
	print_names_free(source->prints);
	buffer_free(&source->text);
	free(source);
}

/* Each CPU in turn is the first. */
static int drain_perf(struct event_source *source)
{
	const struct event_drain *drain = source->drain;
	const size_t count = perf_buffer__buffer_cnt(source->perf);
	int r = 0;

	for (size_t i = 0; i < count && r >= 0; i++) {
		r = perf_buffer__consume_buffer(source->perf, (source->next_cpu + i) % count);
		if (r == -ENOENT) /* a CPU that is not there */
			r = 0;
	}
	source->next_cpu++;
	return drain->ended || !drain->left ? 0 : r;
}

int event_source_drain(struct event_source *source, struct event_drain *drain)
{
	int r;

	if (drain->ended || !drain->left)
		return 1;
	source->drain = drain;
	r = source->perf ? drain_perf(source) : ring_buffer__consume(source->ring);
	source->drain = NULL;
	if (drain->ended || !drain->left)
		return 1;
	return r < 0 ? r : 0;
}

int event_source_fd(const struct event_source *source)
{
	return source->perf ? perf_buffer__epoll_fd(source->perf)
			    : ring_buffer__epoll_fd(source->ring);
}

const char *event_source_table(const struct event_source *source)
{
	return source->table;
}

uint64_t event_source_received(const struct event_source *source)
{
	return source->received;
}
