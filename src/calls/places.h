/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Rows by key, in a room that is fixed: those that come first keep their places, and all others
 * are one row, so that sums stay exact whatever strangers send. Nothing is ever thrown away.
 */
#ifndef CALLS_PLACES_H
#define CALLS_PLACES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "model/key_index.h"
#include "model/table_rows.h"

struct places {
	size_t key_size, value_size, room;
	size_t count; /* of rows with places */
	uint8_t *keys, *values;
	struct key_index index;
	uint64_t folded; /* how often the others' row was asked for */
};

/* OTHER is the key of the others' row. 0 or -ENOMEM. */
int places_open(struct places *places, size_t key_size, size_t value_size, size_t room,
		const void *other);
void places_close(struct places *places); /* also for AUTO() */

/* The value of that key, zeroed where it is new; of the others' row if there is no room. */
void *places_take(struct places *places, const void *key, bool *is_new);
/* NULL: it has no place. */
void *places_find(const struct places *places, const void *key);
bool places_is_other(const struct places *places, const void *value);

size_t places_rows(const struct places *places); /* with the others' row, if there is one */
const void *places_key(const struct places *places, size_t row);
void *places_value(const struct places *places, size_t row);

/* As a table's rows, of each value the first SIZE bytes. 0 or -ENOMEM. */
int places_read(const struct places *places, size_t size, struct table_rows *out);

#endif
