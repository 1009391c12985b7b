/* SPDX-License-Identifier: Apache-2.0 */
/* Appending to a buffer, and taking from memory that somebody else wrote. */
#include "base/bytes.h"

#include <errno.h>
#include <string.h>

void bytes_put(struct bytes_writer *writer, const void *data, size_t length)
{
	if (!writer->too_large)
		buffer_append(writer->out, data, length);
}

void bytes_put_u32(struct bytes_writer *writer, uint32_t value)
{
	bytes_put(writer, &value, sizeof(value));
}

void bytes_put_count(struct bytes_writer *writer, size_t count)
{
	writer->too_large |= count >= BYTES_NO_STRING;
	bytes_put_u32(writer, (uint32_t)count);
}

void bytes_put_text(struct bytes_writer *writer, const char *text, size_t length)
{
	bytes_put_count(writer, length);
	bytes_put(writer, text, length);
	bytes_put(writer, "", 1);
}

void bytes_put_string(struct bytes_writer *writer, const char *string)
{
	if (string)
		bytes_put_text(writer, string, strlen(string));
	else
		bytes_put_u32(writer, BYTES_NO_STRING);
}

int bytes_written(const struct bytes_writer *writer)
{
	return writer->out->failed ? -ENOMEM : writer->too_large ? -EFBIG : 0;
}

const char *bytes_get(struct bytes_reader *reader, size_t length)
{
	const char *data = reader->next;

	if (reader->bad || (size_t)(reader->end - reader->next) < length) {
		reader->bad = true;
		return NULL;
	}
	reader->next += length;
	return data;
}

void bytes_get_into(struct bytes_reader *reader, void *out, size_t length)
{
	const char *data = bytes_get(reader, length);

	if (data)
		memcpy(out, data, length);
	else
		memset(out, 0, length);
}

uint32_t bytes_get_u32(struct bytes_reader *reader)
{
	uint32_t value;

	bytes_get_into(reader, &value, sizeof(value));
	return value;
}

size_t bytes_get_count(struct bytes_reader *reader, size_t least)
{
	size_t count = bytes_get_u32(reader);

	if (count > (size_t)(reader->end - reader->next) / least)
		reader->bad = true;
	return reader->bad ? 0 : count;
}

/* What comes after its length; NULL: it is bad. */
static const char *get_characters(struct bytes_reader *reader, size_t length, bool any)
{
	const char *text = bytes_get(reader, length + 1);

	if (text && (text[length] || (!any && memchr(text, '\0', length))))
		reader->bad = true;
	return reader->bad ? NULL : text;
}

const char *bytes_get_text(struct bytes_reader *reader, size_t *length)
{
	size_t count = bytes_get_u32(reader);
	const char *text = get_characters(reader, count, length);

	if (length)
		*length = text ? count : 0;
	return text ? text : "";
}

const char *bytes_get_string(struct bytes_reader *reader)
{
	uint32_t length = bytes_get_u32(reader);

	return length == BYTES_NO_STRING ? NULL : get_characters(reader, length, false);
}
