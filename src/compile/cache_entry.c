/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The format of an entry. A header with a checksum over all the rest finds what
 * a disk, a crash or a full file system made of it; the key inside finds a file
 * under another one's name. The image has its own checks, image_read().
 */
#include "compile/cache_entry.h"

#include <errno.h>
#include <string.h>

#define MAGIC "skbcache"
#define VERSION 1u
#define NO_STRING UINT32_MAX

struct header {
	char magic[8];
	uint32_t version;
	uint32_t zero;
	uint64_t length; /* of the whole file */
	uint8_t checksum[CACHE_HASH_BYTES];
};

struct writer {
	struct buffer *out;
	int result;
};

static void put(struct writer *writer, const void *data, size_t length)
{
	if (writer->result == 0)
		writer->result = buffer_append(writer->out, data, length);
}

static void put_number(struct writer *writer, size_t number)
{
	uint32_t n = (uint32_t)number;

	if (number >= NO_STRING)
		writer->result = -EFBIG;
	put(writer, &n, sizeof(n));
}

/* With its NUL, so that the reader can borrow it. */
static void put_string(struct writer *writer, const char *string)
{
	const uint32_t none = NO_STRING;

	if (!string) {
		put(writer, &none, sizeof(none));
		return;
	}
	put_number(writer, strlen(string));
	put(writer, string, strlen(string) + 1);
}

static void put_file(struct writer *writer, const struct cache_file *file)
{
	put_number(writer, file->role);
	put(writer, &file->identity, sizeof(file->identity));
	put(writer, file->hash, sizeof(file->hash));
	put_string(writer, file->path);
}

static void put_diagnostic(struct writer *writer, const struct skbscope_diagnostic *diagnostic)
{
	put_number(writer, diagnostic->severity);
	put_number(writer, diagnostic->line);
	put_number(writer, diagnostic->column);
	put_string(writer, diagnostic->file);
	put_string(writer, diagnostic->message);
	put_string(writer, diagnostic->source);
	put_string(writer, diagnostic->hint);
}

int cache_entry_write(const struct cache_entry *entry, struct buffer *out)
{
	struct header header = { .magic = MAGIC, .version = VERSION };
	struct writer writer = { out, 0 };

	buffer_clear(out);
	put(&writer, &header, sizeof(header));
	put(&writer, &entry->key, sizeof(entry->key));
	put_string(&writer, entry->path);
	put_string(&writer, entry->tree);
	put_number(&writer, entry->file_count);
	for (size_t i = 0; i < entry->file_count; i++)
		put_file(&writer, &entry->files[i]);
	put_number(&writer, entry->diagnostic_count);
	for (size_t i = 0; i < entry->diagnostic_count; i++)
		put_diagnostic(&writer, &entry->diagnostics[i]);
	put_string(&writer, entry->log);
	put_number(&writer, entry->image_length);
	put(&writer, entry->image, entry->image_length);
	if (writer.result < 0)
		return writer.result;
	header.length = out->length;
	cache_hash(out->data + sizeof(header), out->length - sizeof(header), header.checksum);
	memcpy(out->data, &header, sizeof(header));
	return 0;
}

struct reader {
	const char *next, *end;
	bool bad;
};

static const char *get(struct reader *reader, size_t length)
{
	const char *data = reader->next;

	if (reader->bad || (size_t)(reader->end - reader->next) < length) {
		reader->bad = true;
		return NULL;
	}
	reader->next += length;
	return data;
}

static void get_into(struct reader *reader, void *out, size_t length)
{
	const char *data = get(reader, length);

	if (data)
		memcpy(out, data, length);
	else
		memset(out, 0, length);
}

static uint32_t get_number(struct reader *reader)
{
	uint32_t n;

	get_into(reader, &n, sizeof(n));
	return n;
}

/* NULL is a value; a reader gone bad gives it too. */
static const char *get_string(struct reader *reader)
{
	uint32_t length = get_number(reader);
	const char *string;

	if (length == NO_STRING)
		return NULL;
	string = get(reader, (size_t)length + 1);
	if (string && memchr(string, '\0', (size_t)length + 1) != string + length)
		reader->bad = true;
	return string;
}

static const char *get_text(struct reader *reader)
{
	const char *string = get_string(reader);

	if (!string)
		reader->bad = true;
	return string;
}

/* Each item takes some bytes at least: a count beyond them is a lie. */
static size_t get_count(struct reader *reader, size_t least)
{
	size_t count = get_number(reader);

	if (count > (size_t)(reader->end - reader->next) / least)
		reader->bad = true;
	return reader->bad ? 0 : count;
}

static void get_file(struct reader *reader, struct cache_file *file)
{
	file->role = (enum file_role)get_number(reader);
	get_into(reader, &file->identity, sizeof(file->identity));
	get_into(reader, file->hash, sizeof(file->hash));
	file->path = get_text(reader);
	if (file->role != FILE_READ && file->role != FILE_MISSED && file->role != FILE_LIBRARY)
		reader->bad = true;
}

static void get_diagnostic(struct reader *reader, struct skbscope_diagnostic *diagnostic)
{
	diagnostic->severity = (enum skbscope_severity)get_number(reader);
	diagnostic->line = get_number(reader);
	diagnostic->column = get_number(reader);
	diagnostic->file = get_string(reader);
	diagnostic->message = get_text(reader);
	diagnostic->source = get_string(reader);
	diagnostic->hint = get_string(reader);
	if (diagnostic->severity > SKBSCOPE_SEVERITY_ERROR)
		reader->bad = true;
}

static bool get_lists(struct reader *reader, struct arena *arena, struct cache_entry *out)
{
	out->file_count = get_count(reader, sizeof(struct cache_identity) + CACHE_HASH_BYTES + 9);
	out->files = ARENA_ARRAY(arena, struct cache_file, out->file_count);
	for (size_t i = 0; out->files && i < out->file_count; i++)
		get_file(reader, &out->files[i]);
	out->diagnostic_count = get_count(reader, 7 * sizeof(uint32_t));
	out->diagnostics = ARENA_ARRAY(arena, struct skbscope_diagnostic, out->diagnostic_count);
	for (size_t i = 0; out->diagnostics && i < out->diagnostic_count; i++)
		get_diagnostic(reader, &out->diagnostics[i]);
	return out->files && out->diagnostics;
}

int cache_entry_read(const char *data, size_t length, struct arena *arena, struct cache_entry *out)
{
	struct reader reader = { data, data + length, false };
	uint8_t checksum[CACHE_HASH_BYTES];
	struct header header;

	memset(out, 0, sizeof(*out));
	get_into(&reader, &header, sizeof(header));
	if (reader.bad || memcmp(header.magic, MAGIC, sizeof(header.magic)) != 0 ||
	    header.version != VERSION || header.zero || header.length != length)
		return -EBADMSG;
	cache_hash(reader.next, length - sizeof(header), checksum);
	if (memcmp(checksum, header.checksum, sizeof(checksum)) != 0)
		return -EBADMSG;
	get_into(&reader, &out->key, sizeof(out->key));
	out->path = get_text(&reader);
	out->tree = get_text(&reader);
	if (!get_lists(&reader, arena, out))
		return -ENOMEM;
	out->log = get_text(&reader);
	out->image_length = get_number(&reader);
	out->image = get(&reader, out->image_length);
	return reader.bad || reader.next != reader.end ? -EBADMSG : 0;
}
