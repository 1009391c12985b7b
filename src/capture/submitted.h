/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a program submitted of a packet (perf_submit_skb), as a packet again. The kernel pads
 * such a record and does not say with how much: how long the packet was is asked of its IP
 * header, if it has one.
 */
#ifndef CAPTURE_SUBMITTED_H
#define CAPTURE_SUBMITTED_H

#include "capture/capture.h"

/* Sets data, captured, length and link. So many bytes at the end may be none of the packet's:
 * those that are not are left out; of a packet that was submitted in part, or is not IP, they
 * may be the packet's or not, and are left out of a part and kept otherwise. */
void capture_submitted(const uint8_t *bytes, uint32_t size, uint32_t padding, uint16_t link,
		       struct capture_packet *packet);

#endif
