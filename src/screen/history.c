/* SPDX-License-Identifier: Apache-2.0 */
/* Time is cut into slots; what a reading says of its interval is spread over them. */
#include "screen/history.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "model/record.h"

struct slot {
	float amount, seconds; /* no seconds: nothing is known */
};

struct history_row {
	uint64_t serial; /* when it was named last; 0: it is free */
	uint64_t newest; /* slot, counted from the start of the clock */
	struct slot slots[HISTORY_COUNTERS][HISTORY_SLOTS];
};

void history_clear(struct history *history)
{
	free(history->rows);
	free(history->keys);
	*history = (struct history){ 0 };
}

int history_begin(struct history *history, const struct skbscope_schema *schema)
{
	if (history->rows && history->key_size != schema->key_size)
		history_clear(history);
	if (!history->rows) {
		history->rows = calloc(HISTORY_ROWS, sizeof(*history->rows));
		history->keys = calloc(HISTORY_ROWS, schema->key_size + 1u);
		history->key_size = schema->key_size;
		if (!history->rows || !history->keys) {
			history_clear(history);
			return -ENOMEM;
		}
	}
	history->serial++;
	return 0;
}

static struct history_row *find(const struct history *history, const uint8_t *key)
{
	for (size_t i = 0; history->rows && i < HISTORY_ROWS; i++)
		if (history->rows[i].serial &&
		    memcmp(history->keys + i * history->key_size, key, history->key_size) == 0)
			return &history->rows[i];
	return NULL;
}

/* The one that was not named for longest; NULL: all were, in this reading. */
static struct history_row *claim(struct history *history, const uint8_t *key)
{
	size_t oldest = 0;

	for (size_t i = 1; i < HISTORY_ROWS; i++)
		if (history->rows[i].serial < history->rows[oldest].serial)
			oldest = i;
	if (history->rows[oldest].serial == history->serial)
		return NULL;
	memset(&history->rows[oldest], 0, sizeof(history->rows[oldest]));
	memcpy(history->keys + oldest * history->key_size, key, history->key_size);
	return &history->rows[oldest];
}

/* What lies between is not known. */
static void go_to(struct history_row *row, uint64_t slot)
{
	for (size_t i = 0; row->newest < slot && i < HISTORY_SLOTS; i++, row->newest++)
		for (size_t counter = 0; counter < HISTORY_COUNTERS; counter++)
			row->slots[counter][(row->newest + 1) % HISTORY_SLOTS] = (struct slot){ 0 };
	if (row->newest < slot)
		row->newest = slot;
}

static void spread(struct slot *slots, uint64_t from_ns, uint64_t to_ns, double rate)
{
	const uint64_t most = (HISTORY_SLOTS - 1) * HISTORY_SLOT_NS;

	if (to_ns > most && from_ns < to_ns - most)
		from_ns = to_ns - most;
	for (uint64_t at = from_ns, end; at < to_ns; at = end) {
		struct slot *slot = &slots[at / HISTORY_SLOT_NS % HISTORY_SLOTS];
		double seconds;

		end = (at / HISTORY_SLOT_NS + 1) * HISTORY_SLOT_NS;
		end = end < to_ns ? end : to_ns;
		seconds = (double)(end - at) / 1e9;
		slot->amount += (float)(rate * seconds);
		slot->seconds += (float)seconds;
	}
}

void history_add(struct history *history, const struct skbscope_snapshot *snapshot,
		 const struct skbscope_table *table, size_t row)
{
	const struct skbscope_record record = record_of_row(table, row);
	const uint64_t now = snapshot->monotonic_ns, interval = snapshot->interval_ns;
	struct history_row *own = find(history, record.key);

	if (!record.rates || !interval || interval > now)
		return;
	if (!own)
		own = claim(history, record.key);
	if (!own || own->serial == history->serial)
		return;
	own->serial = history->serial;
	go_to(own, (now - 1) / HISTORY_SLOT_NS);
	for (size_t i = 0; i < HISTORY_COUNTERS && i < table->schema->counter_count; i++)
		if (isfinite(record.rates[i]))
			spread(own->slots[i], now - interval, now, record.rates[i]);
}

bool history_of(const struct history *history, const struct skbscope_snapshot *snapshot,
		const struct skbscope_table *table, size_t row, uint32_t counter,
		double rates[HISTORY_SLOTS])
{
	const struct history_row *own =
		counter < HISTORY_COUNTERS && table->schema->key_size == history->key_size
			? find(history, record_of_row(table, row).key)
			: NULL;
	const uint64_t latest = snapshot->monotonic_ns ? (snapshot->monotonic_ns - 1) : 0;

	if (!own)
		return false;
	for (uint64_t i = 0; i < HISTORY_SLOTS; i++) {
		const uint64_t age = HISTORY_SLOTS - 1 - i, now = latest / HISTORY_SLOT_NS;
		const struct slot *slot =
			now >= age ? &own->slots[counter][(now - age) % HISTORY_SLOTS] : NULL;
		const bool known = slot && now - age <= own->newest &&
				   own->newest < now - age + HISTORY_SLOTS && slot->seconds > 0;

		rates[i] = known ? (double)(slot->amount / slot->seconds) : (double)NAN;
	}
	return true;
}
