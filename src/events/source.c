/* SPDX-License-Identifier: Apache-2.0 */
/* From the records of a ring, or of a buffer for each CPU, to events. */
#include "events/source.h"

#include <bpf/libbpf.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/buffer.h"
#include "base/cleanup.h"
#include "base/io.h"
#include "events/per_cpu.h"
#include "events/ring.h"
#include "model/print.h"

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
	bool is_per_cpu; /* which of the two it is */
	struct ring ring;
	struct per_cpu per_cpu;
	size_t bytes; /* of each buffer */
	uint64_t received, unseen;
	uint8_t *padded;            /* room for an event that is too short */
	char *table;                /* as the image calls it */
	struct print_names *prints; /* NULL: they are no prints */
	struct buffer text;         /* of the latest */
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

/* What came after the drain began has a later time. */
static void look_at_clock(const struct event_sample *sample, struct event_drain *drain)
{
	if (drain->recorded || sample->time_ns <= drain->monotonic_ns)
		return;
	drain->wall_ns = clock_wall_ns();
	drain->monotonic_ns = clock_monotonic_ns();
}

static void deliver(struct event_source *source, const struct event_sample *sample,
		    struct event_drain *drain)
{
	const size_t whole = source->schema->value_size, size = sample->size;
	struct skbscope_event event;

	look_at_clock(sample, drain);
	event = (struct skbscope_event){
		.record = { .schema = source->schema, .value = sample->data },
		.size = (uint32_t)(size < whole ? size : whole),
		.function = source->function,
		.number = ++source->received,
		.wall_ns = drain->wall_ns,
		.monotonic_ns = drain->monotonic_ns,
	};

	if (!drain->recorded)
		set_time(sample->time_ns, &event);
	if (source->prints) {
		read_print(source, sample->data, size, &event);
	} else if (size < whole) {
		memcpy(source->padded, sample->data, size);
		memset(source->padded + size, 0, whole - size);
		event.record.value = source->padded;
	} else if (size > whole && (!source->is_per_cpu || source->has_rest)) {
		event.rest = sample->data + whole;
		event.rest_size = size - whole;
	}
	drain->count++;
	drain->left--;
	if (!drain->callback)
		source->unseen++;
	else if (drain->callback(drain->context, &event) < 0)
		drain->ended = true;
}

static bool next(struct event_source *source, struct event_sample *out)
{
	return source->is_per_cpu ? per_cpu_next(&source->per_cpu, out)
				  : ring_next(&source->ring, out);
}

/* False: more has come. */
static bool release(struct event_source *source)
{
	if (!source->is_per_cpu)
		return ring_release(&source->ring);
	per_cpu_release(&source->per_cpu);
	return true;
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
	int r;

	if (source)
		source->ring = (struct ring)RING_INIT;
	r = source ? event_source_adopt(source, origin) : -ENOMEM;
	libbpf_print_fn_t print = libbpf_set_print(NULL); /* the caller is told, not stderr */

	if (r == 0) {
		source->is_per_cpu = buffer == EVENTS_PERF;
		r = source->is_per_cpu ? per_cpu_open(map, bytes, &source->per_cpu)
				       : ring_open(map, &source->ring);
		source->bytes = source->is_per_cpu ? bytes : source->ring.bytes;
	}
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
	ring_close(&source->ring);
	per_cpu_close(&source->per_cpu);
	schema_set_unref(source->schemas);
	free(source->function);
	free(source->table);
	free(source->padded);
	print_names_free(source->prints);
	buffer_free(&source->text);
	free(source);
}

int event_source_drain(struct event_source *source, struct event_drain *drain)
{
	struct event_sample sample;

	do {
		while (!drain->ended && drain->left && next(source, &sample))
			if (!sample.discarded)
				deliver(source, &sample, drain);
	} while (!release(source) && !drain->ended && drain->left);
	return drain->ended || !drain->left;
}

bool event_source_take(struct event_source *source, struct event_drain *drain)
{
	struct event_sample sample;

	if (!next(source, &sample))
		return false;
	if (!sample.discarded)
		deliver(source, &sample, drain);
	return true;
}

void event_source_release(struct event_source *source)
{
	release(source);
}

int event_source_fd(const struct event_source *source)
{
	return source->is_per_cpu ? per_cpu_fd(&source->per_cpu) : source->ring.fd;
}

size_t event_source_bytes(const struct event_source *source)
{
	return source->bytes;
}

const char *event_source_table(const struct event_source *source)
{
	return source->table;
}

void event_source_forget(struct event_source *source)
{
	source->received = source->unseen = 0;
}

uint64_t event_source_received(const struct event_source *source)
{
	return source->received;
}

uint64_t event_source_unseen(const struct event_source *source)
{
	return source->unseen;
}
