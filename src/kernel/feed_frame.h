/* SPDX-License-Identifier: Apache-2.0 */
/* A recorded packet as the feeder's record of it, and as the bytes that a tap is given. */
#ifndef KERNEL_FEED_FRAME_H
#define KERNEL_FEED_FRAME_H

#include <skbscope/replay.h>

#include "kernel/feed_record.h"

#define FEED_FRAME_MORE 4u /* bytes of a tag, beyond the packet's own */

/* False: it is cut in what a card's driver needs. */
bool feed_frame_is_whole(const struct skbscope_packet *packet);
/* All but its bytes. */
void feed_frame_describe(const struct skbscope_packet *packet, struct feed_record *out);
/* With its tag in it, which the kernel takes out as it does for a card; how many bytes. */
uint32_t feed_frame_whole(const struct skbscope_packet *packet, uint8_t *out);

#endif
