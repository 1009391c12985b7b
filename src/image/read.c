/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Bytes to an image. The bytes come from a process that ran a stranger's source
 * through a compiler, so nothing in them is believed: a count is compared with
 * the bytes that are left before anything is allocated for it (memory use is
 * bounded by the file's size), and check.c looks at what the parts mean.
 */
#include <errno.h>
#include <string.h>

#include "base/bytes.h"
#include "base/cleanup.h"
#include "base/error.h"
#include "image/format.h"
#include "image/image.h"
#include "source/documentation.h"

struct reader {
	struct bytes_reader bytes;
	struct arena *arena;
};

static uint32_t read_u32(struct reader *reader)
{
	return bytes_get_u32(&reader->bytes);
}

static bool read_bool(struct reader *reader)
{
	uint32_t value = read_u32(reader);

	if (value > 1)
		reader->bytes.bad = true;
	return value == 1;
}

/* size: the fewest bytes that one of them takes in the file. */
static uint32_t read_count(struct reader *reader, uint32_t limit, size_t size)
{
	size_t count = bytes_get_count(&reader->bytes, size);

	if (count > limit)
		reader->bytes.bad = true;
	return reader->bytes.bad ? 0 : (uint32_t)count;
}

static const char *read_optional(struct reader *reader)
{
	return arena_string(reader->arena, bytes_get_string(&reader->bytes));
}

static const char *read_string(struct reader *reader)
{
	const char *string = read_optional(reader);

	if (!string)
		reader->bytes.bad = true;
	return string ? string : "";
}

static const void *read_array(struct reader *reader, uint32_t count, size_t size)
{
	const void *data = bytes_get(&reader->bytes, count * size);

	return data ? arena_copy(reader->arena, data, count, size) : NULL;
}

static enum skbscope_histogram read_histogram(struct reader *reader)
{
	uint32_t value = read_u32(reader);

	if (value > SKBSCOPE_HISTOGRAM_LINEAR)
		reader->bytes.bad = true;
	return reader->bytes.bad ? SKBSCOPE_HISTOGRAM_NONE : (enum skbscope_histogram)value;
}

static void read_map(struct reader *reader, struct skbscope_image_map *map)
{
	map->name = read_string(reader);
	map->type = read_u32(reader);
	map->key_size = read_u32(reader);
	map->value_size = read_u32(reader);
	map->max_entries = read_u32(reader);
	map->flags = read_u32(reader);
	map->btf_key_type_id = read_u32(reader);
	map->btf_value_type_id = read_u32(reader);
	map->inner_map = (int32_t)read_u32(reader);
	map->pin_path = read_optional(reader);
	map->key_description = read_string(reader);
	map->value_description = read_string(reader);
	map->histogram = read_histogram(reader);
}

static void read_maps(struct reader *reader, struct skbscope_image *image)
{
	uint32_t count = read_count(reader, IMAGE_MAX_MAPS, 13 * 4);
	struct skbscope_image_map *maps =
		ARENA_ARRAY(reader->arena, struct skbscope_image_map, count);

	for (uint32_t i = 0; maps && i < count; i++)
		read_map(reader, &maps[i]);
	image->maps = maps;
	image->map_count = count;
}

/* The program's arrays are bounded by the instructions they speak of. */
static const void *read_records(struct reader *reader, size_t size, uint32_t *count)
{
	*count = read_count(reader, IMAGE_MAX_INSTRUCTIONS, size);
	return read_array(reader, *count, size);
}

static void read_program(struct reader *reader, struct skbscope_image_program *program)
{
	uint32_t count;

	program->name = read_string(reader);
	program->line = read_u32(reader);
	program->instructions =
		read_records(reader, sizeof(*program->instructions), &program->instruction_count);
	program->relocations = read_records(reader, sizeof(*program->relocations), &count);
	program->relocation_count = count;
	program->functions =
		read_records(reader, sizeof(*program->functions), &program->function_count);
	program->lines = read_records(reader, sizeof(*program->lines), &program->line_count);
}

static void read_programs(struct reader *reader, struct skbscope_image *image)
{
	uint32_t count = read_count(reader, IMAGE_MAX_PROGRAMS, 6 * 4);
	struct skbscope_image_program *programs =
		ARENA_ARRAY(reader->arena, struct skbscope_image_program, count);

	for (uint32_t i = 0; programs && i < count; i++)
		read_program(reader, &programs[i]);
	image->programs = programs;
	image->program_count = count;
}

static void read_event(struct reader *reader, struct skbscope_event_layout *event)
{
	struct skbscope_event_field *fields;
	uint32_t count;

	event->table = read_string(reader);
	count = read_count(reader, IMAGE_MAX_FIELDS, 2 * 4);
	fields = ARENA_ARRAY(reader->arena, struct skbscope_event_field, count);
	for (uint32_t i = 0; fields && i < count; i++) {
		fields[i].name = read_string(reader);
		fields[i].type = read_string(reader);
	}
	event->fields = fields;
	event->field_count = count;
}

static void read_events(struct reader *reader, struct skbscope_image *image)
{
	uint32_t count = read_count(reader, IMAGE_MAX_EVENTS, 2 * 4);
	struct skbscope_event_layout *events =
		ARENA_ARRAY(reader->arena, struct skbscope_event_layout, count);

	for (uint32_t i = 0; events && i < count; i++)
		read_event(reader, &events[i]);
	image->events = events;
	image->event_count = count;
}

static void read_includes(struct reader *reader, struct skbscope_image *image)
{
	uint32_t count = read_count(reader, IMAGE_MAX_INCLUDES, 4);
	const char **includes = ARENA_ARRAY(reader->arena, const char *, count);

	for (uint32_t i = 0; includes && i < count; i++)
		includes[i] = read_string(reader);
	image->includes = includes;
	image->include_count = count;
}

static void read_fields(struct reader *reader, struct skbscope_image *image)
{
	uint32_t headers;

	image->name = read_string(reader);
	image->path = read_string(reader);
	image->comment = read_string(reader);
	image->license = read_string(reader);
	image->kernel_version = read_u32(reader);
	read_maps(reader, image);
	image->btf_size = read_count(reader, IMAGE_MAX_BTF, 1);
	if (image->btf_size)
		image->btf = read_array(reader, image->btf_size, 1);
	read_programs(reader, image);
	read_events(reader, image);
	headers = read_u32(reader);
	if (headers > SKBSCOPE_HEADERS_DIRECTORY)
		reader->bytes.bad = true;
	image->headers = (enum skbscope_headers)headers;
	image->kernel_types = read_bool(reader);
	image->headers_path = read_string(reader);
	read_includes(reader, image);
}

static int read_header(struct bytes_reader *bytes, size_t length, struct skbscope_error *error)
{
	struct image_header header;

	bytes_get_into(bytes, &header, sizeof(header));
	if (bytes->bad)
		return fail(error, EBADMSG, SKBSCOPE_STAGE_WORKER,
			    "the image is %zu bytes long, too short to be one", length);
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

int image_read(const void *data, size_t length, struct skbscope_image **out,
	       struct skbscope_error *error)
{
	AUTO(image_freep) struct skbscope_image *image = NULL;
	struct reader reader = { .bytes = { .next = data, .end = (const char *)data + length } };
	struct skbscope_documentation *documentation;
	int r;

	if (length > IMAGE_MAX_BYTES)
		return fail(error, EFBIG, SKBSCOPE_STAGE_WORKER,
			    "the image is %zu bytes long, and %u are the most", length,
			    IMAGE_MAX_BYTES);
	r = read_header(&reader.bytes, length, error);
	if (r < 0)
		return r;
	if (image_new(&image) < 0)
		return fail_memory(error, SKBSCOPE_STAGE_WORKER);
	reader.arena = arena_of(image);
	read_fields(&reader, image);
	documentation = ARENA_NEW(reader.arena, struct skbscope_documentation);
	if (arena_failed(reader.arena))
		return fail_memory(error, SKBSCOPE_STAGE_WORKER);
	if (reader.bytes.bad || reader.bytes.next != reader.bytes.end)
		return fail(error, EBADMSG, SKBSCOPE_STAGE_WORKER,
			    "the image is damaged at byte %zu",
			    (size_t)(reader.bytes.next - (const char *)data));
	r = image_finish(image, error);
	if (r < 0)
		return r;
	image->documentation = documentation;
	r = documentation_parse(image->comment, reader.arena, documentation, error);
	if (r < 0)
		return r;
	*out = TAKE(image);
	return 0;
}
