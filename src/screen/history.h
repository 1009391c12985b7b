/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The last minute of what is on the screen: of some rows of a table, the rates that their
 * counters had. Rows that nobody looks at are not remembered, however many there are.
 */
#ifndef SCREEN_HISTORY_H
#define SCREEN_HISTORY_H

#include <skbscope/snapshot.h>

#define HISTORY_ROWS 64u
#define HISTORY_COUNTERS 4u /* of each row, its first */
#define HISTORY_SLOTS 30u
#define HISTORY_SLOT_NS UINT64_C(2000000000)

struct history {
	struct history_row *rows; /* HISTORY_ROWS; NULL: there are none yet */
	uint8_t *keys;
	size_t key_size;
	uint64_t serial; /* of readings */
};

void history_clear(struct history *history);

/* A new reading, and after it the rows that are to be remembered, those that matter most
 * first: rows that nobody named for longest make room. 0 or -ENOMEM. */
int history_begin(struct history *history, const struct skbscope_schema *schema);
void history_add(struct history *history, const struct skbscope_snapshot *snapshot,
		 const struct skbscope_table *table, size_t row);

/* The rates of a row's counter from the oldest to the latest, NAN where unknown; false:
 * nothing is remembered of it. */
bool history_of(const struct history *history, const struct skbscope_snapshot *snapshot,
		const struct skbscope_table *table, size_t row, uint32_t counter,
		double rates[HISTORY_SLOTS]);

#endif
