/* SPDX-License-Identifier: Apache-2.0 */
/* When readings are due, and which is the last. Pure: times in, times out. */
#ifndef RUN_PACE_H
#define RUN_PACE_H

#include <stdbool.h>
#include <stdint.h>

#include "run/settings.h"

struct pace {
	uint64_t start_ns, interval_ns;
	uint64_t end_ns; /* UINT64_MAX: no --duration */
	uint64_t count;  /* 0: no --count */
};

struct pace pace_start(const struct pace_settings *settings, uint64_t start_ns);

/* At whole intervals after the start, and at the end. A reading that came too late is
 * left out rather than made up for: what is next comes after now. */
uint64_t pace_next(const struct pace *pace, uint64_t now_ns);

/* Whether a reading that is due at this time, after so many others, is the last. */
bool pace_is_last(const struct pace *pace, uint64_t now_ns, uint64_t shown);

#endif
