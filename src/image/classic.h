/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A tcpdump expression as libpcap compiled it: classic BPF, which came from a process
 * without privilege and is data like any other until it was checked.
 */
#ifndef IMAGE_CLASSIC_H
#define IMAGE_CLASSIC_H

#include <linux/filter.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <skbscope/error.h>

#define CLASSIC_MAX_INSTRUCTIONS 32768u

struct classic {
	struct sock_filter *code; /* owned */
	uint32_t count;           /* 0: there is none */
};

/* A copy of SIZE bytes; fails where it could end anywhere but in an answer, or has a code,
 * an index or a divisor that no filter has. *out is written only on success. */
int classic_read(const void *data, size_t size, struct classic *out, struct skbscope_error *error);
void classic_clear(struct classic *classic);

/* Whether there is a load of the packet's direction (inbound, outbound). */
bool classic_asks_direction(const struct classic *classic);

/* Which of its instructions can be reached, count bytes. */
void classic_reach(const struct classic *classic, bool *reached);

/* Where a jump leads beside the next instruction. */
static inline uint64_t classic_target(uint32_t at, uint32_t distance)
{
	return (uint64_t)at + 1 + distance;
}

#endif
