/* SPDX-License-Identifier: Apache-2.0 */
/* The request as bytes, and names as the user knows them. */
#include "compile/protocol.h"

#include <ctype.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define REQUEST_MAGIC 0x52424b53u

static int put_number(struct buffer *out, size_t number)
{
	uint32_t n = (uint32_t)number;

	return number > UINT32_MAX ? -EFBIG : buffer_append(out, &n, sizeof(n));
}

/* With its NUL, so that the reader can borrow it. */
static int put_string(struct buffer *out, const char *string, size_t length)
{
	int r = put_number(out, length);

	return r < 0                                    ? r
	       : buffer_append(out, string, length) < 0 ? -ENOMEM
							: buffer_append(out, "", 1);
}

static int put_strings(struct buffer *out, const char *const *strings, size_t count)
{
	int r = put_number(out, count);

	for (size_t i = 0; r == 0 && i < count; i++)
		r = put_string(out, strings[i], strlen(strings[i]));
	return r;
}

int request_write(const struct worker_request *request, struct buffer *out)
{
	const char *const texts[] = { request->path, request->name, request->comment };
	int r = put_number(out, REQUEST_MAGIC);

	if (r == 0)
		r = put_number(out, request->headers);
	if (r == 0)
		r = put_number(out, request->kernel_types);
	if (r == 0)
		r = put_number(out, request->seconds);
	for (size_t i = 0; r == 0 && i < sizeof(texts) / sizeof(texts[0]); i++)
		r = put_string(out, texts[i], strlen(texts[i]));
	if (r == 0)
		r = put_string(out, request->text, request->text_length);
	if (r == 0)
		r = put_strings(out, request->flags, request->flag_count);
	if (r == 0)
		r = put_strings(out, request->paths, request->path_count);
	return r;
}

struct reader {
	const char *next, *end;
	bool bad;
};

static uint32_t get_number(struct reader *reader)
{
	uint32_t n = 0;

	if (reader->bad || (size_t)(reader->end - reader->next) < sizeof(n)) {
		reader->bad = true;
		return 0;
	}
	memcpy(&n, reader->next, sizeof(n));
	reader->next += sizeof(n);
	return n;
}

static const char *get_string(struct reader *reader, size_t *length)
{
	size_t n = get_number(reader);
	const char *string = reader->next;

	if (reader->bad || (size_t)(reader->end - reader->next) <= n || string[n]) {
		reader->bad = true;
		return "";
	}
	reader->next += n + 1;
	if (length)
		*length = n;
	return string;
}

static const char *const *get_strings(struct reader *reader, struct arena *arena, size_t *count)
{
	size_t n = get_number(reader);
	const char **strings = NULL;

	/* A string takes five bytes at least: a count beyond that is a lie. */
	if (n > (size_t)(reader->end - reader->next) / 5)
		reader->bad = true;
	if (!reader->bad)
		strings = ARENA_ARRAY(arena, const char *, n);
	if (!strings) {
		reader->bad = true;
		return NULL;
	}
	for (size_t i = 0; i < n; i++)
		strings[i] = get_string(reader, NULL);
	*count = n;
	return strings;
}

int request_read(const char *data, size_t length, struct arena *arena, struct worker_request *out)
{
	struct reader reader = { .next = data, .end = data + length };

	memset(out, 0, sizeof(*out));
	if (get_number(&reader) != REQUEST_MAGIC)
		return -EBADMSG;
	out->headers = (enum skbscope_headers)get_number(&reader);
	out->kernel_types = get_number(&reader) != 0;
	out->seconds = get_number(&reader);
	out->path = get_string(&reader, NULL);
	out->name = get_string(&reader, NULL);
	out->comment = get_string(&reader, NULL);
	out->text = get_string(&reader, &out->text_length);
	out->flags = get_strings(&reader, arena, &out->flag_count);
	out->paths = get_strings(&reader, arena, &out->path_count);
	if (out->path_count < WORKER_PATH_MORE || out->path_count > WORKER_MAX_PATHS)
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

int request_real_names(const struct worker_request *request, const char *text, size_t length,
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
		if (buffer_append(out, from, (size_t)(at - from)) < 0 ||
		    buffer_string(out, name) < 0)
			return -ENOMEM;
		from = at + replaced;
		at = from - 1;
	}
	return buffer_append(out, from, (size_t)(end - from));
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
