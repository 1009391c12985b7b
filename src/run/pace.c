/* SPDX-License-Identifier: Apache-2.0 */
/* When readings are due. */
#include "run/pace.h"

#define SECOND_NS UINT64_C(1000000000)

struct pace pace_start(const struct pace_settings *settings, uint64_t start_ns)
{
	struct pace pace = {
		.start_ns = start_ns,
		.interval_ns = settings->interval_ns ? settings->interval_ns : SECOND_NS,
		.end_ns = UINT64_MAX,
		.count = settings->count,
	};

	if (settings->duration_ns &&
	    __builtin_add_overflow(start_ns, settings->duration_ns, &pace.end_ns))
		pace.end_ns = UINT64_MAX;
	return pace;
}

uint64_t pace_next(const struct pace *pace, uint64_t now_ns)
{
	uint64_t intervals = (now_ns - pace->start_ns) / pace->interval_ns + 1, next;

	if (__builtin_mul_overflow(intervals, pace->interval_ns, &next) ||
	    __builtin_add_overflow(next, pace->start_ns, &next))
		next = UINT64_MAX;
	return next < pace->end_ns ? next : pace->end_ns;
}

bool pace_is_last(const struct pace *pace, uint64_t now_ns, uint64_t shown)
{
	return now_ns >= pace->end_ns || (pace->count && shown + 1 >= pace->count);
}
