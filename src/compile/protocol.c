/* SPDX-License-Identifier: Apache-2.0 */
/* The request as bytes, and names as the user knows them. */
#include "compile/protocol.h"

#include <ctype.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/bytes.h"

#define REQUEST_MAGIC 0x52424b53u

static void put_strings(struct bytes_writer *writer, const char *const *strings, size_t count)
{
	bytes_put_count(writer, count);
	for (size_t i = 0; i < count; i++)
		bytes_put_string(writer, strings[i]);
}

int request_write(const struct worker_request *request, struct buffer *out)
{
	struct bytes_writer writer = { .out = out };

	bytes_put_u32(&writer, REQUEST_MAGIC);
	bytes_put_u32(&writer, request->headers);
	bytes_put_u32(&writer, request->kernel_types);
	bytes_put_u32(&writer, request->prints);
	bytes_put_u32(&writer, request->precompiled);
	bytes_put_u32(&writer, request->precompile);
	bytes_put_u32(&writer, request->surroundings);
	bytes_put_string(&writer, request->expression);
	bytes_put_u32(&writer, request->link);
	bytes_put_string(&writer, request->path);
	bytes_put_string(&writer, request->name);
	bytes_put_string(&writer, request->comment);
	bytes_put_text(&writer, request->text, request->text_length);
	bytes_put_text(&writer, request->compiled ? request->compiled : "",
		       request->compiled ? request->compiled_length : 0);
	bytes_put_u32(&writer, request->typed_lines);
	bytes_put_u32(&writer, request->lead_lines);
	put_strings(&writer, request->flags, request->flag_count);
	put_strings(&writer, request->paths, request->path_count);
	return bytes_written(&writer);
}

static const char *const *get_strings(struct bytes_reader *reader, struct arena *arena,
				      size_t *count)
{
	size_t n = bytes_get_count(reader, sizeof(uint32_t) + 1);
	const char **strings = ARENA_ARRAY(arena, const char *, n);

	if (!strings) {
		reader->bad = true;
		return NULL;
	}
	for (size_t i = 0; i < n; i++)
		strings[i] = bytes_get_text(reader, NULL);
	*count = n;
	return strings;
}

int request_read(const char *data, size_t length, struct arena *arena, struct worker_request *out)
{
	struct bytes_reader reader = { .next = data, .end = data + length };

	memset(out, 0, sizeof(*out));
	if (bytes_get_u32(&reader) != REQUEST_MAGIC)
		return -EBADMSG;
	out->headers = (enum skbscope_headers)bytes_get_u32(&reader);
	out->kernel_types = bytes_get_u32(&reader) != 0;
	out->prints = bytes_get_u32(&reader) != 0;
	out->precompiled = bytes_get_u32(&reader);
	out->precompile = bytes_get_u32(&reader) != 0;
	out->surroundings = bytes_get_u32(&reader) != 0;
	out->expression = bytes_get_string(&reader);
	out->link = bytes_get_u32(&reader);
	out->path = bytes_get_text(&reader, NULL);
	out->name = bytes_get_text(&reader, NULL);
	out->comment = bytes_get_text(&reader, NULL);
	out->text = bytes_get_text(&reader, &out->text_length);
	out->compiled = bytes_get_text(&reader, &out->compiled_length);
	if (!out->compiled_length)
		out->compiled = NULL;
	out->typed_lines = bytes_get_u32(&reader);
	out->lead_lines = bytes_get_u32(&reader);
	out->flags = get_strings(&reader, arena, &out->flag_count);
	out->paths = get_strings(&reader, arena, &out->path_count);
	if (out->path_count < WORKER_PATH_MORE || out->path_count > WORKER_MAX_PATHS)
		reader.bad = true;
	if (out->precompiled ? out->precompiled + PRECOMPILED_FILES > out->path_count
			     : out->precompile)
		reader.bad = true;
	return reader.bad || reader.next != reader.end ? -EBADMSG : 0;
}

/* The real name behind the text at AT, and how much of the text it replaces. */
static const char *real_name(const struct worker_request *request, const char *at, const char *end,
			     size_t *length)
{
	const size_t prefix = strlen(WORKER_PATH_PREFIX), source = strlen(WORKER_SOURCE_FILE);
	size_t left = (size_t)(end - at), digits = 0, number = 0;

	if (left >= source && memcmp(at, WORKER_SOURCE_FILE, source) == 0) {
		*length = source;
		return request->path;
	}
	if (left <= prefix || memcmp(at, WORKER_PATH_PREFIX, prefix) != 0)
		return NULL;
	while (digits < 4 && prefix + digits < left && isdigit((unsigned char)at[prefix + digits]))
		number = number * 10 + (size_t)(at[prefix + digits++] - '0');
	if (!digits || number < WORKER_FD_PATHS || number - WORKER_FD_PATHS >= request->path_count)
		return NULL;
	*length = prefix + digits;
	return request->paths[number - WORKER_FD_PATHS];
}

void request_real_names(const struct worker_request *request, const char *text, size_t length,
			struct buffer *out)
{
	const char *from = text, *end = text + length;

	for (const char *at = text; at < end; at++) {
		const char *name;
		size_t replaced = 0;

		if (*at != '/')
			continue;
		name = real_name(request, at, end, &replaced);
		if (!name)
			continue;
		buffer_append(out, from, (size_t)(at - from));
		buffer_string(out, name);
		from = at + replaced;
		at = from - 1;
	}
	buffer_append(out, from, (size_t)(end - from));
}

int answer_read(const char *data, size_t length, struct answer *out)
{
	size_t left = length - sizeof(out->header);

	if (length < sizeof(out->header))
		return -EBADMSG;
	memcpy(&out->header, data, sizeof(out->header));
	if (out->header.magic != WORKER_ANSWER_MAGIC || out->header.image_length > left ||
	    out->header.files_length != left - out->header.image_length)
		return -EBADMSG;
	out->image = data + sizeof(out->header);
	out->files = out->image + out->header.image_length;
	return 0;
}

bool file_list_next(struct file_list *list, enum file_role *role, const char **path)
{
	const char *entry = list->next;
	size_t length;

	if (!list->left)
		return false;
	length = strnlen(entry, list->left);
	*role = (enum file_role)entry[0];
	*path = entry + 1;
	if (length < 2 || length == list->left || !strchr("rml", entry[0]) || entry[1] != '/') {
		*role = FILE_LOST;
		*path = "";
		length = list->left - 1;
	}
	list->next += length + 1;
	list->left -= length + 1;
	return true;
}
