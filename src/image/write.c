/* SPDX-License-Identifier: Apache-2.0 */
/* An image to bytes: the fields in the order in which read.c takes them. */
#include <errno.h>
#include <string.h>

#include "image/format.h"
#include "image/image.h"

/* Appends to the buffer until the first failure, which it remembers. */
struct writer {
	struct buffer *out;
	int result;
};

static void put(struct writer *writer, const void *data, size_t length)
{
	if (writer->result == 0)
		writer->result = buffer_append(writer->out, data, length);
}

static void put_u32(struct writer *writer, uint32_t value)
{
	put(writer, &value, sizeof(value));
}

static void put_count(struct writer *writer, size_t count)
{
	if (count > UINT32_MAX)
		writer->result = -EFBIG;
	put_u32(writer, (uint32_t)count);
}

static void put_string(struct writer *writer, const char *string)
{
	if (!string) {
		put_u32(writer, IMAGE_NO_STRING);
		return;
	}
	put_count(writer, strlen(string));
	put(writer, string, strlen(string));
}

static void put_map(struct writer *writer, const struct skbscope_image_map *map)
{
	put_string(writer, map->name);
	put_u32(writer, map->type);
	put_u32(writer, map->key_size);
	put_u32(writer, map->value_size);
	put_u32(writer, map->max_entries);
	put_u32(writer, map->flags);
	put_u32(writer, map->btf_key_type_id);
	put_u32(writer, map->btf_value_type_id);
	put_u32(writer, (uint32_t)map->inner_map);
	put_string(writer, map->pin_path);
	put_string(writer, map->key_description ? map->key_description : "");
	put_string(writer, map->value_description ? map->value_description : "");
	put_u32(writer, map->histogram);
}

static void put_program(struct writer *writer, const struct skbscope_image_program *program)
{
	put_string(writer, program->name);
	put_u32(writer, program->line);
	put_u32(writer, program->instruction_count);
	put(writer, program->instructions,
	    program->instruction_count * sizeof(*program->instructions));
	put_count(writer, program->relocation_count);
	put(writer, program->relocations,
	    program->relocation_count * sizeof(*program->relocations));
	put_u32(writer, program->function_count);
	put(writer, program->functions, program->function_count * sizeof(*program->functions));
	put_u32(writer, program->line_count);
	put(writer, program->lines, program->line_count * sizeof(*program->lines));
}

static void put_event(struct writer *writer, const struct skbscope_event_layout *event)
{
	put_string(writer, event->table);
	put_count(writer, event->field_count);
	for (size_t i = 0; i < event->field_count; i++) {
		put_string(writer, event->fields[i].name);
		put_string(writer, event->fields[i].type);
	}
}

static void put_image(struct writer *writer, const struct skbscope_image *image)
{
	put_string(writer, image->name);
	put_string(writer, image->path);
	put_string(writer, image->comment);
	put_string(writer, image->license);
	put_u32(writer, image->kernel_version);
	put_count(writer, image->map_count);
	for (size_t i = 0; i < image->map_count; i++)
		put_map(writer, &image->maps[i]);
	put_u32(writer, image->btf ? image->btf_size : 0);
	put(writer, image->btf, image->btf ? image->btf_size : 0);
	put_count(writer, image->program_count);
	for (size_t i = 0; i < image->program_count; i++)
		put_program(writer, &image->programs[i]);
	put_count(writer, image->event_count);
	for (size_t i = 0; i < image->event_count; i++)
		put_event(writer, &image->events[i]);
	put_u32(writer, image->headers);
	put_u32(writer, image->kernel_types);
	put_string(writer, image->headers_path);
	put_count(writer, image->include_count);
	for (size_t i = 0; i < image->include_count; i++)
		put_string(writer, image->includes[i]);
}

int image_write(const struct skbscope_image *image, struct buffer *out)
{
	struct writer writer = { .out = out };
	struct image_header header = {
		.magic = IMAGE_MAGIC,
		.version = IMAGE_VERSION,
		.byte_order = IMAGE_BYTE_ORDER,
	};
	const size_t start = out->length;

	put(&writer, &header, sizeof(header));
	put_image(&writer, image);
	if (writer.result == 0 && out->length - start > IMAGE_MAX_BYTES)
		writer.result = -EFBIG;
	if (writer.result < 0) {
		out->length = start;
		if (out->data)
			out->data[start] = '\0';
		return writer.result;
	}
	header.length = out->length - start;
	memcpy(out->data + start, &header, sizeof(header));
	return 0;
}
