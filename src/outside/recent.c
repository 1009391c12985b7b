/* SPDX-License-Identifier: Apache-2.0 */
#include "outside/recent.h"

#include <stdlib.h>
#include <string.h>

void recent_init(struct recent *recent)
{
	memset(recent, 0, sizeof(*recent));
	recent->next = 1;
}

static void forget_first(struct recent *recent)
{
	struct recent_line *line = &recent->lines[recent->first++ % RECENT_EVENTS];

	recent->count--;
	recent->bytes -= line->length;
	free(line->text);
	*line = (struct recent_line){ 0 };
}

static bool keep(struct recent *recent, const char *text, size_t length)
{
	char *copy;

	if (length > RECENT_LINE_MAX) {
		recent->next++;
		return true;
	}
	while (recent->count &&
	       (recent->count == RECENT_EVENTS || recent->bytes + length > RECENT_BYTES_MAX))
		forget_first(recent);
	copy = malloc(length + 1);
	if (!copy)
		return false;
	memcpy(copy, text, length);
	copy[length] = '\0';
	recent->lines[(recent->first + recent->count++) % RECENT_EVENTS] =
		(struct recent_line){ recent->next++, copy, length };
	recent->bytes += length;
	return true;
}

bool recent_add(struct recent *recent, uint64_t left_out, const char *lines, size_t length)
{
	const char *end = lines + length;

	recent->next += left_out;
	while (lines < end) {
		const char *newline = memchr(lines, '\n', (size_t)(end - lines));
		const char *stop = newline ? newline : end;

		if (!keep(recent, lines, (size_t)(stop - lines)))
			return false;
		lines = stop + 1;
	}
	return true;
}

void recent_clear(struct recent *recent)
{
	while (recent->count)
		forget_first(recent);
}

const struct recent_line *recent_take(const struct recent *recent, uint64_t *number,
				      uint64_t *missed)
{
	uint64_t low = 0, high = recent->count;

	*missed = 0;
	while (low < high) {
		const uint64_t middle = low + (high - low) / 2;

		if (recent->lines[(recent->first + middle) % RECENT_EVENTS].number < *number)
			low = middle + 1;
		else
			high = middle;
	}
	if (low < recent->count) {
		const struct recent_line *line =
			&recent->lines[(recent->first + low) % RECENT_EVENTS];

		*missed = line->number - *number;
		*number = line->number + 1;
		return line;
	}
	if (recent->next > *number)
		*missed = recent->next - *number;
	*number = recent->next;
	return NULL;
}

uint64_t recent_start(const struct recent *recent, uint64_t lines)
{
	if (!recent->count)
		return recent->next;
	lines = lines < recent->count ? lines : recent->count;
	if (!lines)
		return recent->next;
	return recent->lines[(recent->first + recent->count - lines) % RECENT_EVENTS].number;
}
