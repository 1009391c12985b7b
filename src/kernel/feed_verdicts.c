/* SPDX-License-Identifier: Apache-2.0 */
#include "kernel/feed_verdicts.h"

#include <skbscope/replay.h>

#include <errno.h>
#include <linux/if_ether.h>
#include <stdlib.h>

#include "base/cleanup.h"
#include "image/passive.h"
#include "kernel/feed_record.h"

_Static_assert(FEED_AREA_BYTES / FEED_RECORD_BYTES(ETH_HLEN) < REPLAY_VERDICTS,
	       "as many records as there may be at a time");

int feed_verdicts_begin(struct feed_verdicts *verdicts, size_t count)
{
	if (count > verdicts->room) {
		int32_t *larger = reallocarray(verdicts->of, count, sizeof(*larger));

		if (!larger)
			return -ENOMEM;
		verdicts->of = larger;
		verdicts->room = count;
	}
	for (size_t i = 0; i < count; i++)
		verdicts->of[i] = SKBSCOPE_NO_VERDICT;
	verdicts->count = count;
	return 0;
}

/* A run is counted before its function is called. */
static uint32_t slot_at(const struct feed_verdicts *verdicts, uint32_t record)
{
	return (verdicts->first + record + 1) % REPLAY_VERDICTS;
}

void feed_verdicts_expect(struct feed_verdicts *verdicts, struct replay_state *state,
			  uint32_t count)
{
	verdicts->first = state->runs;
	for (uint32_t i = 0; i < count; i++)
		state->verdicts[slot_at(verdicts, i)] = REPLAY_NO_VERDICT;
}

void feed_verdicts_take(struct feed_verdicts *verdicts, const struct replay_state *state,
			uint32_t from, uint32_t to)
{
	for (uint32_t i = from; i < to; i++) {
		const uint8_t slot = state->verdicts[slot_at(verdicts, i)];

		if (slot != REPLAY_NO_VERDICT)
			verdicts->of[verdicts->packets[i]] = passive_slot_verdict(slot);
	}
}

void feed_verdicts_clear(struct feed_verdicts *verdicts)
{
	free(TAKE(verdicts->of));
	verdicts->count = verdicts->room = 0;
}
