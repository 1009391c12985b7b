/* SPDX-License-Identifier: Apache-2.0 */
/* A growing run of bytes. */
#include "base/buffer.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

bool buffer_reserve(struct buffer *buffer, size_t more)
{
	size_t need, capacity = buffer->capacity ? buffer->capacity : 256;
	char *data = NULL;

	if (buffer->failed || __builtin_add_overflow(buffer->length, more, &need) ||
	    __builtin_add_overflow(need, 1, &need))
		goto failed;
	if (need <= buffer->capacity)
		return true;
	while (capacity < need)
		if (__builtin_mul_overflow(capacity, 2, &capacity))
			goto failed;
	data = realloc(buffer->data, capacity);
	if (!data)
		goto failed;
	buffer->data = data;
	buffer->capacity = capacity;
	buffer->data[buffer->length] = '\0';
	return true;
failed:
	buffer->failed = true;
	return false;
}

void buffer_append(struct buffer *buffer, const void *data, size_t length)
{
	if (!buffer_reserve(buffer, length))
		return;
	if (length)
		memcpy(buffer->data + buffer->length, data, length);
	buffer->length += length;
	buffer->data[buffer->length] = '\0';
}

void buffer_string(struct buffer *buffer, const char *string)
{
	buffer_append(buffer, string, strlen(string));
}

void buffer_vprintf(struct buffer *buffer, const char *format, va_list arguments)
{
	va_list again;
	int length;

	va_copy(again, arguments);
	length = vsnprintf(NULL, 0, format, again);
	va_end(again);
	if (length < 0) {
		buffer->failed = true;
		return;
	}
	if (!buffer_reserve(buffer, (size_t)length))
		return;
	vsnprintf(buffer->data + buffer->length, (size_t)length + 1, format, arguments);
	buffer->length += (size_t)length;
}

void buffer_printf(struct buffer *buffer, const char *format, ...)
{
	va_list arguments;

	va_start(arguments, format);
	buffer_vprintf(buffer, format, arguments);
	va_end(arguments);
}

const char *buffer_text(const struct buffer *buffer)
{
	return buffer->data ? buffer->data : "";
}

void buffer_clear(struct buffer *buffer)
{
	buffer->length = 0;
	buffer->failed = false;
	if (buffer->data)
		buffer->data[0] = '\0';
}

void buffer_free(struct buffer *buffer)
{
	free(buffer->data);
	*buffer = (struct buffer){ 0 };
}
