/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A tap in a network namespace of its own, with a program on what comes in: what is
 * written to it is seen by the program before the write returns. Both end with the
 * descriptors.
 */
#ifndef KERNEL_FEED_TAP_H
#define KERNEL_FEED_TAP_H

#include <stddef.h>

struct feed_tap {
	int tap, link; /* -1: none; link: none with clsact */
};
#define FEED_TAP_INIT                                                                              \
	{                                                                                          \
		.tap = -1, .link = -1                                                              \
	}

int feed_tap_open(int program, struct feed_tap *out);
void feed_tap_close(struct feed_tap *tap);
int feed_tap_write(const struct feed_tap *tap, const void *frame, size_t length);

#endif
