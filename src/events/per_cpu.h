/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A buffer for each CPU (BPF_MAP_TYPE_PERF_EVENT_ARRAY), read as one: by the time at which
 * the kernel has put each event into its buffer.
 */
#ifndef EVENTS_PER_CPU_H
#define EVENTS_PER_CPU_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "events/sample.h"

struct perf_buffer;
struct cpu_buffer;

struct per_cpu {
	struct perf_buffer *perf;
	struct cpu_buffer *buffers;
	size_t count;
	uint64_t until_ns; /* what is later waits for the next look at all buffers */
	uint8_t *joined;   /* a record that was in two parts */
	size_t joined_room;
	struct cpu_buffer *lent; /* whose record was handed out */
};

/* BYTES for each CPU, a power of two of pages. On the map's descriptor, which may be closed
 * after. 0 or a negative errno. */
int per_cpu_open(int map, size_t bytes, struct per_cpu *out);
void per_cpu_close(struct per_cpu *per_cpu);
int per_cpu_fd(const struct per_cpu *per_cpu);

/* The next event, which stays until the call after; false: there is none. */
bool per_cpu_next(struct per_cpu *per_cpu, struct event_sample *out);
/* What was read makes room. */
void per_cpu_release(struct per_cpu *per_cpu);

#endif
