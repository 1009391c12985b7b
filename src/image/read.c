/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Bytes to an image. The bytes come from a process that ran a stranger's source
 * through a compiler, so nothing in them is believed: a count is compared with
 * the bytes that are left before anything is allocated for it (memory use is
 * bounded by the file's size), and check.c looks at what the parts mean.
 */
#include <errno.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/error.h"
#include "image/check.h"
#include "source/documentation.h"
#include "image/format.h"
#include "image/image.h"

struct reader {
	const uint8_t *data;
	size_t left;
	struct arena *arena;
	const char *broken; /* the first thing that was wrong; then nothing more is read */
};

static void give_up(struct reader *reader, const char *what)
{
	if (!reader->broken)
		reader->broken = what;
	reader->left = 0;
}

static const void *take(struct reader *reader, size_t length, const char *what)
{
	const void *data = reader->data;

	if (length > reader->left || reader->broken) {
		give_up(reader, what);
		return NULL;
	}
	reader->data += length;
	reader->left -= length;
	return data;
}

static uint32_t take_u32(struct reader *reader, const char *what)
{
	const void *data = take(reader, sizeof(uint32_t), what);
	uint32_t value = 0;

	if (data)
		memcpy(&value, data, sizeof(value));
	return value;
}

static bool take_bool(struct reader *reader, const char *what)
{
	uint32_t value = take_u32(reader, what);

	if (value > 1)
		give_up(reader, what);
	return value == 1;
}

/* size: the fewest bytes that one of them takes in the file. */
static uint32_t take_count(struct reader *reader, uint32_t limit, size_t size, const char *what)
{
	uint32_t count = take_u32(reader, what);

	if (count > limit || count > reader->left / size) {
		give_up(reader, what);
		return 0;
	}
	return count;
}

static const char *take_optional(struct reader *reader, const char *what)
{
	uint32_t length = take_u32(reader, what);
	const char *data;

	if (reader->broken || length == IMAGE_NO_STRING)
		return NULL;
	data = take(reader, length, what);
	if (!data)
		return NULL;
	if (memchr(data, '\0', length)) {
		give_up(reader, what);
		return NULL;
	}
	return arena_string_n(reader->arena, data, length);
}

static const char *take_string(struct reader *reader, const char *what)
{
	const char *string = take_optional(reader, what);

	if (!string)
		give_up(reader, what);
	return string ? string : "";
}

static void *take_array(struct reader *reader, uint32_t count, size_t size, const char *what)
{
	const void *data = take(reader, count * size, what);

	return data ? arena_copy(reader->arena, data, count, size) : NULL;
}

static void take_map(struct reader *reader, struct skbscope_image_map *map)
{
	map->name = take_string(reader, "a map's name");
	map->type = take_u32(reader, "a map's type");
	map->key_size = take_u32(reader, "a map's key size");
	map->value_size = take_u32(reader, "a map's value size");
	map->max_entries = take_u32(reader, "a map's number of entries");
	map->flags = take_u32(reader, "a map's flags");
	map->btf_key_type_id = take_u32(reader, "a map's key type");
	map->btf_value_type_id = take_u32(reader, "a map's value type");
	map->inner_map = (int32_t)take_u32(reader, "a map's inner map");
	map->pin_path = take_optional(reader, "a map's pin path");
	map->key_description = take_string(reader, "a map's key description");
	map->value_description = take_string(reader, "a map's value description");
	map->histogram = take_bool(reader, "a map's histogram mark");
}

static void take_maps(struct reader *reader, struct skbscope_image *image)
{
	uint32_t count = take_count(reader, IMAGE_MAX_MAPS, 13 * 4, "the number of maps");
	struct skbscope_image_map *maps =
		ARENA_ARRAY(reader->arena, struct skbscope_image_map, count);

	for (uint32_t i = 0; maps && i < count; i++)
		take_map(reader, &maps[i]);
	image->maps = maps;
	image->map_count = count;
}

static void take_program(struct reader *reader, struct skbscope_image_program *program)
{
	uint32_t count;

	program->name = take_string(reader, "a function's name");
	program->line = take_u32(reader, "a function's line");

	count = take_count(reader, IMAGE_MAX_INSTRUCTIONS, sizeof(*program->instructions),
			   "a function's number of instructions");
	program->instructions = take_array(reader, count, sizeof(*program->instructions),
					   "a function's instructions");
	program->instruction_count = count;

	count = take_count(reader, IMAGE_MAX_INSTRUCTIONS, sizeof(*program->relocations),
			   "a function's number of relocations");
	program->relocations = take_array(reader, count, sizeof(*program->relocations),
					  "a function's relocations");
	program->relocation_count = count;

	count = take_count(reader, IMAGE_MAX_INSTRUCTIONS, sizeof(*program->functions),
			   "a function's number of function records");
	program->functions = take_array(reader, count, sizeof(*program->functions),
					"a function's function records");
	program->function_count = count;

	count = take_count(reader, IMAGE_MAX_INSTRUCTIONS, sizeof(*program->lines),
			   "a function's number of line records");
	program->lines =
		take_array(reader, count, sizeof(*program->lines), "a function's line records");
	program->line_count = count;
}

static void take_programs(struct reader *reader, struct skbscope_image *image)
{
	uint32_t count = take_count(reader, IMAGE_MAX_PROGRAMS, 6 * 4, "the number of functions");
	struct skbscope_image_program *programs =
		ARENA_ARRAY(reader->arena, struct skbscope_image_program, count);

	for (uint32_t i = 0; programs && i < count; i++)
		take_program(reader, &programs[i]);
	image->programs = programs;
	image->program_count = count;
}

static void take_event(struct reader *reader, struct skbscope_event_layout *event)
{
	struct skbscope_event_field *fields;
	uint32_t count;

	event->table = take_string(reader, "an event's table");
	count = take_count(reader, IMAGE_MAX_FIELDS, 2 * 4, "an event's number of fields");
	fields = ARENA_ARRAY(reader->arena, struct skbscope_event_field, count);
	for (uint32_t i = 0; fields && i < count; i++) {
		fields[i].name = take_string(reader, "an event field's name");
		fields[i].type = take_string(reader, "an event field's type");
	}
	event->fields = fields;
	event->field_count = count;
}

static void take_events(struct reader *reader, struct skbscope_image *image)
{
	uint32_t count = take_count(reader, IMAGE_MAX_EVENTS, 2 * 4, "the number of events");
	struct skbscope_event_layout *events =
		ARENA_ARRAY(reader->arena, struct skbscope_event_layout, count);

	for (uint32_t i = 0; events && i < count; i++)
		take_event(reader, &events[i]);
	image->events = events;
	image->event_count = count;
}

static void take_includes(struct reader *reader, struct skbscope_image *image)
{
	uint32_t count = take_count(reader, IMAGE_MAX_INCLUDES, 4, "the number of includes");
	const char **includes = ARENA_ARRAY(reader->arena, const char *, count);

	for (uint32_t i = 0; includes && i < count; i++)
		includes[i] = take_string(reader, "an include's path");
	image->includes = includes;
	image->include_count = count;
}

static void take_image(struct reader *reader, struct skbscope_image *image)
{
	uint32_t headers;

	image->name = take_string(reader, "the program's name");
	image->path = take_string(reader, "the program's path");
	image->comment = take_string(reader, "the documentation");
	image->license = take_string(reader, "the licence");
	image->kernel_version = take_u32(reader, "the kernel version");
	take_maps(reader, image);
	image->btf_size = take_count(reader, IMAGE_MAX_BTF, 1, "the size of the types");
	if (image->btf_size)
		image->btf = take_array(reader, image->btf_size, 1, "the types");
	take_programs(reader, image);
	take_events(reader, image);
	headers = take_u32(reader, "the kind of headers");
	if (headers > SKBSCOPE_HEADERS_DIRECTORY)
		give_up(reader, "the kind of headers");
	image->headers = (enum skbscope_headers)headers;
	image->kernel_types = take_bool(reader, "the mark of kernel types");
	image->headers_path = take_string(reader, "the headers' path");
	take_includes(reader, image);
}

static int take_header(struct reader *reader, struct skbscope_error *error)
{
	const size_t length = reader->left;
	struct image_header header;
	const void *data = take(reader, sizeof(header), "the header");

	if (!data)
		return fail(error, EBADMSG, SKBSCOPE_STAGE_WORKER,
			    "the image is %zu bytes long, too short to be one", length);
	memcpy(&header, data, sizeof(header));
	if (memcmp(header.magic, IMAGE_MAGIC, sizeof(header.magic)) != 0)
		return fail(error, EBADMSG, SKBSCOPE_STAGE_WORKER, "this is not an image");
	if (header.byte_order != IMAGE_BYTE_ORDER)
		return fail(error, EBADMSG, SKBSCOPE_STAGE_WORKER,
			    "the image is from a machine of another byte order");
	if (header.version != IMAGE_VERSION)
		return hint(error,
			    fail(error, EPROTO, SKBSCOPE_STAGE_WORKER,
				 "the image is of format version %u, and this program reads %u",
				 header.version, IMAGE_VERSION),
			    "skbscope and skbscope-compile must be of the same release");
	if (header.length != length)
		return fail(error, EBADMSG, SKBSCOPE_STAGE_WORKER,
			    "the image should be %llu bytes long and is %zu",
			    (unsigned long long)header.length, length);
	return 0;
}

static int read_documentation(struct image *image, struct skbscope_error *error)
{
	struct skbscope_documentation *documentation =
		ARENA_NEW(image->arena, struct skbscope_documentation);

	if (!documentation)
		return fail_memory(error, SKBSCOPE_STAGE_WORKER);
	image->public.documentation = documentation;
	return documentation_parse(image->public.comment, image->arena, documentation, error);
}

int image_read(const void *data, size_t length, struct skbscope_image **out,
	       struct skbscope_error *error)
{
	AUTO(image_freep) struct skbscope_image *public = NULL;
	struct reader reader = { .data = data, .left = length };
	struct image *image;
	int r;

	if (length > IMAGE_MAX_BYTES)
		return fail(error, EFBIG, SKBSCOPE_STAGE_WORKER,
			    "the image is %zu bytes long, and %u are the most", length,
			    IMAGE_MAX_BYTES);
	r = take_header(&reader, error);
	if (r < 0)
		return r;
	r = image_new(&image);
	if (r < 0)
		return fail_memory(error, SKBSCOPE_STAGE_WORKER);
	public = &image->public;
	reader.arena = image->arena;
	take_image(&reader, public);
	if (arena_failed(image->arena))
		return fail_memory(error, SKBSCOPE_STAGE_WORKER);
	if (reader.broken)
		return fail(error, EBADMSG, SKBSCOPE_STAGE_WORKER, "the image is damaged at %s",
			    reader.broken);
	if (reader.left)
		return fail(error, EBADMSG, SKBSCOPE_STAGE_WORKER,
			    "the image has %zu bytes too many at its end", reader.left);
	r = check_image(public, error);
	if (r < 0)
		return r;
	r = read_documentation(image, error);
	if (r < 0)
		return r;
	*out = TAKE(public);
	return 0;
}
