/* SPDX-License-Identifier: Apache-2.0 */
/* An image to bytes: the fields in the order in which read.c reads them. */
#include <errno.h>
#include <string.h>

#include "base/bytes.h"
#include "image/format.h"
#include "image/image.h"

static void put_array(struct bytes_writer *writer, const void *data, size_t count, size_t size)
{
	bytes_put_count(writer, count);
	bytes_put(writer, data, count * size);
}

static void put_map(struct bytes_writer *writer, const struct skbscope_image_map *map)
{
	bytes_put_string(writer, map->name);
	bytes_put_u32(writer, map->type);
	bytes_put_u32(writer, map->key_size);
	bytes_put_u32(writer, map->value_size);
	bytes_put_u32(writer, map->max_entries);
	bytes_put_u32(writer, map->flags);
	bytes_put_u32(writer, map->btf_key_type_id);
	bytes_put_u32(writer, map->btf_value_type_id);
	bytes_put_u32(writer, (uint32_t)map->inner_map);
	bytes_put_string(writer, map->pin_path);
	bytes_put_string(writer, map->key_description ? map->key_description : "");
	bytes_put_string(writer, map->value_description ? map->value_description : "");
	bytes_put_u32(writer, map->histogram);
}

static void put_program(struct bytes_writer *writer, const struct skbscope_image_program *program)
{
	bytes_put_string(writer, program->name);
	bytes_put_u32(writer, program->line);
	put_array(writer, program->instructions, program->instruction_count,
		  sizeof(*program->instructions));
	put_array(writer, program->relocations, program->relocation_count,
		  sizeof(*program->relocations));
	put_array(writer, program->functions, program->function_count, sizeof(*program->functions));
	put_array(writer, program->lines, program->line_count, sizeof(*program->lines));
}

static void put_event(struct bytes_writer *writer, const struct skbscope_event_layout *event)
{
	bytes_put_string(writer, event->table);
	bytes_put_count(writer, event->field_count);
	for (size_t i = 0; i < event->field_count; i++) {
		bytes_put_string(writer, event->fields[i].name);
		bytes_put_string(writer, event->fields[i].type);
	}
}

static void put_image(struct bytes_writer *writer, const struct skbscope_image *image)
{
	bytes_put_string(writer, image->name);
	bytes_put_string(writer, image->path);
	bytes_put_string(writer, image->comment);
	bytes_put_string(writer, image->license);
	bytes_put_u32(writer, image->kernel_version);
	bytes_put_count(writer, image->map_count);
	for (size_t i = 0; i < image->map_count; i++)
		put_map(writer, &image->maps[i]);
	put_array(writer, image->btf, image->btf ? image->btf_size : 0, 1);
	bytes_put_count(writer, image->program_count);
	for (size_t i = 0; i < image->program_count; i++)
		put_program(writer, &image->programs[i]);
	bytes_put_count(writer, image->event_count);
	for (size_t i = 0; i < image->event_count; i++)
		put_event(writer, &image->events[i]);
	bytes_put_u32(writer, image->headers);
	bytes_put_u32(writer, image->kernel_types);
	bytes_put_string(writer, image->headers_path);
	bytes_put_count(writer, image->include_count);
	for (size_t i = 0; i < image->include_count; i++)
		bytes_put_string(writer, image->includes[i]);
}

int image_write(const struct skbscope_image *image, struct buffer *out)
{
	struct bytes_writer writer = { .out = out };
	struct image_header header = {
		.magic = IMAGE_MAGIC,
		.version = IMAGE_VERSION,
		.byte_order = IMAGE_BYTE_ORDER,
	};
	const size_t start = out->length;
	int r;

	bytes_put(&writer, &header, sizeof(header));
	put_image(&writer, image);
	writer.too_large |= out->length - start > IMAGE_MAX_BYTES;
	r = bytes_written(&writer);
	if (r < 0) {
		out->length = start;
		if (out->data)
			out->data[start] = '\0';
		return r;
	}
	header.length = out->length - start;
	memcpy(out->data + start, &header, sizeof(header));
	return 0;
}
