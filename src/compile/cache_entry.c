/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The format of an entry. A header with a checksum over all the rest finds what
 * a disk, a crash or a full file system made of it; the key inside finds a file
 * under another one's name. The image has its own checks, image_read().
 */
#include "compile/cache_entry.h"

#include <errno.h>
#include <string.h>

#include "base/bytes.h"

#define MAGIC "skbcache"
#define VERSION 3u

struct header {
	char magic[8];
	uint32_t version;
	uint32_t zero;
	uint64_t length; /* of the whole file */
	uint8_t checksum[CACHE_HASH_BYTES];
};

static void put_input(struct bytes_writer *writer, const struct input *input)
{
	bytes_put_u32(writer, input->role);
	bytes_put_u32(writer, input->users);
	bytes_put(writer, &input->identity, sizeof(input->identity));
	bytes_put(writer, input->hash, sizeof(input->hash));
	bytes_put_string(writer, input->path);
}

static void put_diagnostic(struct bytes_writer *writer,
			   const struct skbscope_diagnostic *diagnostic)
{
	bytes_put_u32(writer, diagnostic->severity);
	bytes_put_u32(writer, diagnostic->line);
	bytes_put_u32(writer, diagnostic->column);
	bytes_put_string(writer, diagnostic->file);
	bytes_put_string(writer, diagnostic->message);
	bytes_put_string(writer, diagnostic->source);
	bytes_put_string(writer, diagnostic->hint);
}

int cache_entry_write(const struct cache_entry *entry, struct buffer *out)
{
	struct header header = { .magic = MAGIC, .version = VERSION };
	struct bytes_writer writer = { .out = out };
	int r;

	buffer_clear(out);
	bytes_put(&writer, &header, sizeof(header));
	bytes_put(&writer, &entry->key, sizeof(entry->key));
	bytes_put_string(&writer, entry->path);
	bytes_put_string(&writer, entry->tree);
	bytes_put_count(&writer, entry->input_count);
	for (size_t i = 0; i < entry->input_count; i++)
		put_input(&writer, &entry->inputs[i]);
	bytes_put_count(&writer, entry->diagnostic_count);
	for (size_t i = 0; i < entry->diagnostic_count; i++)
		put_diagnostic(&writer, &entry->diagnostics[i]);
	bytes_put_string(&writer, entry->log);
	bytes_put_count(&writer, entry->image_length);
	bytes_put(&writer, entry->image, entry->image_length);
	r = bytes_written(&writer);
	if (r < 0)
		return r;
	header.length = out->length;
	cache_hash(out->data + sizeof(header), out->length - sizeof(header), header.checksum);
	memcpy(out->data, &header, sizeof(header));
	return 0;
}

static void get_input(struct bytes_reader *reader, struct arena *arena, struct input *input)
{
	input->role = (enum input_role)bytes_get_u32(reader);
	input->users = bytes_get_u32(reader);
	bytes_get_into(reader, &input->identity, sizeof(input->identity));
	bytes_get_into(reader, input->hash, sizeof(input->hash));
	input->path = arena_string(arena, bytes_get_text(reader, NULL));
	input->known = input->settled = true;
	if (input->role == INPUT_PROGRAM || input->role > INPUT_LIBRARY)
		reader->bad = true;
}

static void get_diagnostic(struct bytes_reader *reader, struct skbscope_diagnostic *diagnostic)
{
	diagnostic->severity = (enum skbscope_severity)bytes_get_u32(reader);
	diagnostic->line = bytes_get_u32(reader);
	diagnostic->column = bytes_get_u32(reader);
	diagnostic->file = bytes_get_string(reader);
	diagnostic->message = bytes_get_text(reader, NULL);
	diagnostic->source = bytes_get_string(reader);
	diagnostic->hint = bytes_get_string(reader);
	if (diagnostic->severity > SKBSCOPE_SEVERITY_ERROR)
		reader->bad = true;
}

static bool get_lists(struct bytes_reader *reader, struct arena *arena, struct cache_entry *out)
{
	out->input_count =
		bytes_get_count(reader, sizeof(struct input_identity) + CACHE_HASH_BYTES + 13);
	out->inputs = ARENA_ARRAY(arena, struct input, out->input_count);
	for (size_t i = 0; out->inputs && i < out->input_count; i++)
		get_input(reader, arena, &out->inputs[i]);
	out->diagnostic_count = bytes_get_count(reader, 7 * sizeof(uint32_t));
	out->diagnostics = ARENA_ARRAY(arena, struct skbscope_diagnostic, out->diagnostic_count);
	for (size_t i = 0; out->diagnostics && i < out->diagnostic_count; i++)
		get_diagnostic(reader, &out->diagnostics[i]);
	return !arena_failed(arena);
}

int cache_entry_read(const char *data, size_t length, struct arena *arena, struct cache_entry *out)
{
	struct bytes_reader reader = { data, data + length, false };
	uint8_t checksum[CACHE_HASH_BYTES];
	struct header header;

	memset(out, 0, sizeof(*out));
	bytes_get_into(&reader, &header, sizeof(header));
	if (reader.bad || memcmp(header.magic, MAGIC, sizeof(header.magic)) != 0 ||
	    header.version != VERSION || header.zero || header.length != length)
		return -EBADMSG;
	cache_hash(reader.next, length - sizeof(header), checksum);
	if (memcmp(checksum, header.checksum, sizeof(checksum)) != 0)
		return -EBADMSG;
	bytes_get_into(&reader, &out->key, sizeof(out->key));
	out->path = bytes_get_text(&reader, NULL);
	out->tree = bytes_get_text(&reader, NULL);
	if (!get_lists(&reader, arena, out))
		return -ENOMEM;
	out->log = bytes_get_text(&reader, NULL);
	out->image_length = bytes_get_u32(&reader);
	out->image = bytes_get(&reader, out->image_length);
	return reader.bad || reader.next != reader.end ? -EBADMSG : 0;
}
