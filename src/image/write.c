/* SPDX-License-Identifier: Apache-2.0 */
/* An image to bytes: the fields in the order in which read.c takes them. */
#include <errno.h>
#include <string.h>

#include "base/bytes.h"
#include "image/format.h"
#include "image/image.h"

/* No NUL, and NULL as a length that none has: see format.h. */
static void put_string(struct bytes_writer *writer, const char *string)
{
	if (!string) {
		bytes_put_u32(writer, IMAGE_NO_STRING);
		return;
	}
	bytes_put_count(writer, strlen(string));
	bytes_put(writer, string, strlen(string));
}

static void put_map(struct bytes_writer *writer, const struct skbscope_image_map *map)
{
	put_string(writer, map->name);
	bytes_put_u32(writer, map->type);
	bytes_put_u32(writer, map->key_size);
	bytes_put_u32(writer, map->value_size);
	bytes_put_u32(writer, map->max_entries);
	bytes_put_u32(writer, map->flags);
	bytes_put_u32(writer, map->btf_key_type_id);
	bytes_put_u32(writer, map->btf_value_type_id);
	bytes_put_u32(writer, (uint32_t)map->inner_map);
	put_string(writer, map->pin_path);
	put_string(writer, map->key_description ? map->key_description : "");
	put_string(writer, map->value_description ? map->value_description : "");
	bytes_put_u32(writer, map->histogram);
}

static void put_program(struct bytes_writer *writer, const struct skbscope_image_program *program)
{
	put_string(writer, program->name);
	bytes_put_u32(writer, program->line);
	bytes_put_u32(writer, program->instruction_count);
	bytes_put(writer, program->instructions,
		  program->instruction_count * sizeof(*program->instructions));
	bytes_put_count(writer, program->relocation_count);
	bytes_put(writer, program->relocations,
		  program->relocation_count * sizeof(*program->relocations));
	bytes_put_u32(writer, program->function_count);
	bytes_put(writer, program->functions,
		  program->function_count * sizeof(*program->functions));
	bytes_put_u32(writer, program->line_count);
	bytes_put(writer, program->lines, program->line_count * sizeof(*program->lines));
}

static void put_event(struct bytes_writer *writer, const struct skbscope_event_layout *event)
{
	put_string(writer, event->table);
	bytes_put_count(writer, event->field_count);
	for (size_t i = 0; i < event->field_count; i++) {
		put_string(writer, event->fields[i].name);
		put_string(writer, event->fields[i].type);
	}
}

static void put_image(struct bytes_writer *writer, const struct skbscope_image *image)
{
	put_string(writer, image->name);
	put_string(writer, image->path);
	put_string(writer, image->comment);
	put_string(writer, image->license);
	bytes_put_u32(writer, image->kernel_version);
	bytes_put_count(writer, image->map_count);
	for (size_t i = 0; i < image->map_count; i++)
		put_map(writer, &image->maps[i]);
	bytes_put_u32(writer, image->btf ? image->btf_size : 0);
	bytes_put(writer, image->btf, image->btf ? image->btf_size : 0);
	bytes_put_count(writer, image->program_count);
	for (size_t i = 0; i < image->program_count; i++)
		put_program(writer, &image->programs[i]);
	bytes_put_count(writer, image->event_count);
	for (size_t i = 0; i < image->event_count; i++)
		put_event(writer, &image->events[i]);
	bytes_put_u32(writer, image->headers);
	bytes_put_u32(writer, image->kernel_types);
	put_string(writer, image->headers_path);
	bytes_put_count(writer, image->include_count);
	for (size_t i = 0; i < image->include_count; i++)
		put_string(writer, image->includes[i]);
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

	bytes_put(&writer, &header, sizeof(header));
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
