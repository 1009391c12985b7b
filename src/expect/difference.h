/* SPDX-License-Identifier: Apache-2.0 */
/* Two sequences beside each other: what is the same, and what only one has. */
#ifndef EXPECT_DIFFERENCE_H
#define EXPECT_DIFFERENCE_H

#include <stdbool.h>
#include <stddef.h>

struct sequences {
	size_t expected, actual; /* how long each is */
	bool (*same)(void *context, size_t expected, size_t actual);
	/* In their order; of what both have, with both places. */
	void (*both)(void *context, size_t expected, size_t actual);
	void (*only_expected)(void *context, size_t expected);
	void (*only_actual)(void *context, size_t actual);
	void *context;
};

/* As few differences as can be; of long sequences, those at the same places are compared. 0 or
 * -ENOMEM. */
int sequences_compare(const struct sequences *sequences);

#endif
