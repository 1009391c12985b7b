/* SPDX-License-Identifier: Apache-2.0 */
/* A record's parts, none of which is taken at its word. */
#include "model/print.h"

#include <errno.h>
#include <stdbool.h>
#include <string.h>

#include "model/print_format.h"

/* Bytes of the record, each once. */
struct bytes {
	const uint8_t *next;
	size_t left;
};

static const uint8_t *take(struct bytes *bytes, size_t length)
{
	const uint8_t *taken = bytes->next;

	if (length > bytes->left)
		return NULL;
	bytes->next += length;
	bytes->left -= length;
	return taken;
}

static bool take_pointed(struct bytes *bytes, struct print_value *value)
{
	const size_t room = (size_t)(value->kind >> PRINT_ROOM_SHIFT) * 8;
	const uint8_t *length = take(bytes, 8);
	uint64_t got;

	value->bytes = take(bytes, room);
	if (!length || !value->bytes)
		return false;
	memcpy(&got, length, sizeof(got));
	value->length = got <= room ? (size_t)got : 0;
	return true;
}

static bool take_values(struct bytes *bytes, const struct print_head *head,
			struct print_value *values)
{
	for (size_t i = 0; i < head->count; i++) {
		const uint8_t *number = take(bytes, 8);

		if (!number)
			return false;
		memcpy(&values[i].number, number, 8);
		values[i].kind = head->kinds[i];
	}
	for (size_t i = 0; i < head->count; i++)
		if ((head->kinds[i] & PRINT_POINTS) && !take_pointed(bytes, &values[i]))
			return false;
	return true;
}

static void read_place(uint64_t place, struct print *out)
{
	out->program = out->header = PRINT_INDEX_NONE;
	out->line = 0;
	if (place >> 56 != PRINT_PLACED || place >> 32 == PRINT_UNPLACED)
		return;
	out->line = print_place_line(place);
	out->header = print_place_header(place);
	out->program = print_place_program(place);
}

int print_read(const void *record, size_t size, struct print *out, struct buffer *text)
{
	struct bytes bytes = { record, size };
	struct print_value values[PRINT_MAX_VALUES] = { 0 };
	struct print_head head;
	const uint8_t *start = take(&bytes, sizeof(head)), *format;
	size_t before = text->length;

	if (!start)
		return -EBADMSG;
	memcpy(&head, start, sizeof(head));
	if (head.count > PRINT_MAX_VALUES || !take_values(&bytes, &head, values))
		return -EBADMSG;
	format = take(&bytes, head.format_size);
	if (!format || !head.format_size || format[head.format_size - 1])
		return -EBADMSG;
	out->time_ns = head.time_ns;
	read_place(head.place, out);
	print_format((const char *)format, values, head.count, text);
	if (text->length > before && text->data[text->length - 1] == '\n')
		text->data[--text->length] = '\0';
	return text->failed ? -ENOMEM : 0;
}
