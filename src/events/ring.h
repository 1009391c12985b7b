/* SPDX-License-Identifier: Apache-2.0 */
/* A ring buffer of the kernel's (BPF_MAP_TYPE_RINGBUF), read record by record. */
#ifndef EVENTS_RING_H
#define EVENTS_RING_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "events/sample.h"

struct ring {
	int fd; /* readable when a record has come that wakes its reader */
	size_t page, bytes;
	unsigned long *consumed;       /* how far we have read, shared with the kernel */
	const unsigned long *produced; /* how far there is something */
	const uint8_t *records;        /* twice, one behind the other: no record is in two parts */
	unsigned long at, end;         /* ours, which the kernel will know by and by */
};
#define RING_INIT                                                                                  \
	{                                                                                          \
		.fd = -1                                                                           \
	}

/* On the map's descriptor, which may be closed after. 0 or a negative errno. */
int ring_open(int map, struct ring *ring);
void ring_close(struct ring *ring);

/* The next record, which stays until ring_release(); false: there is none. */
bool ring_next(struct ring *ring, struct event_sample *out);
/* What was read makes room. False: more has come, and nobody will be woken for it. */
bool ring_release(struct ring *ring);

#endif
