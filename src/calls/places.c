/* SPDX-License-Identifier: Apache-2.0 */
#include "calls/places.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

/* The others' is the row behind the last place, as room was made for. */
int places_open(struct places *places, size_t key_size, size_t value_size, size_t room,
		const void *other)
{
	*places = (struct places){ .key_size = key_size, .value_size = value_size, .room = room };
	places->keys = calloc(room + 1, key_size);
	places->values = calloc(room + 1, value_size);
	if (!places->keys || !places->values ||
	    key_index_open(&places->index, places->keys, key_size, room) < 0) {
		places_close(places);
		return -ENOMEM;
	}
	memcpy(places->keys + room * key_size, other, key_size);
	return 0;
}

void places_close(struct places *places)
{
	key_index_clear(&places->index);
	free(places->keys);
	free(places->values);
	*places = (struct places){ 0 };
}

void *places_find(const struct places *places, const void *key)
{
	const size_t row = key_index_find(&places->index, key);

	return row == NO_ROW ? NULL : places->values + row * places->value_size;
}

/* Adding fails only without memory, and then the row is one of the others. */
static bool add(struct places *places, const void *key)
{
	if (places->count == places->room)
		return false;
	memcpy(places->keys + places->count * places->key_size, key, places->key_size);
	if (key_index_add(&places->index, places->count) < 0)
		return false;
	places->count++;
	return true;
}

void *places_take(struct places *places, const void *key, bool *is_new)
{
	void *value = places_find(places, key);

	*is_new = false;
	if (value)
		return value;
	*is_new = add(places, key);
	if (*is_new)
		return places->values + (places->count - 1) * places->value_size;
	places->folded++;
	return places->values + places->room * places->value_size;
}

bool places_is_other(const struct places *places, const void *value)
{
	return value == places->values + places->room * places->value_size;
}

size_t places_rows(const struct places *places)
{
	return places->count + (places->folded > 0);
}

static size_t row_at(const struct places *places, size_t row)
{
	return row < places->count ? row : places->room;
}

const void *places_key(const struct places *places, size_t row)
{
	return places->keys + row_at(places, row) * places->key_size;
}

void *places_value(const struct places *places, size_t row)
{
	return places->values + row_at(places, row) * places->value_size;
}

int places_read(const struct places *places, size_t size, struct table_rows *out)
{
	const size_t count = places_rows(places);
	int r;

	out->value_stride = size;
	r = table_rows_reserve(out, count);
	for (size_t row = 0; r == 0 && row < count; row++)
		r = table_rows_append(out, places_key(places, row), places_value(places, row));
	return r;
}
