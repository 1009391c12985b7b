/* SPDX-License-Identifier: Apache-2.0 */
/* One record of a buffer of events, of whatever kind. */
#ifndef EVENTS_SAMPLE_H
#define EVENTS_SAMPLE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct event_sample {
	const uint8_t *data;
	size_t size;
	uint64_t time_ns; /* CLOCK_MONOTONIC, of its submission; 0: not known */
	bool discarded;   /* it was reserved, and is no event */
};

#endif
