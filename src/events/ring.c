/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The ring's own protocol (kernel/bpf/ringbuf.c): two positions that only grow, and a word
 * in front of each record. libbpf's reader would tell neither that a record was discarded,
 * nor let us take one at a time without a call for each; and it moves the position that the
 * writers look at with every record.
 */
#include "events/ring.h"

#include <bpf/bpf.h>
#include <errno.h>
#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/cleanup.h"

#define RELEASED_BYTES (64u << 10) /* writers get their room back in such pieces */

static void *map_pages(int fd, size_t size, int protection, size_t at)
{
	void *pages = mmap(NULL, size, protection, MAP_SHARED, fd, (off_t)at);

	return pages == MAP_FAILED ? NULL : pages;
}

int ring_open(int map, struct ring *ring)
{
	struct ring made = RING_INIT;
	struct bpf_map_info info = { .type = 0 };
	uint32_t size = sizeof(info);
	uint8_t *pages;

	if (bpf_obj_get_info_by_fd(map, &info, &size) < 0)
		return -errno;
	made.page = (size_t)sysconf(_SC_PAGESIZE);
	made.bytes = info.max_entries;
	made.fd = fcntl(map, F_DUPFD_CLOEXEC, 0);
	if (made.fd < 0)
		return -errno;
	*ring = made;
	ring->consumed = map_pages(map, made.page, PROT_READ | PROT_WRITE, 0);
	pages = ring->consumed ? map_pages(map, made.page + 2 * made.bytes, PROT_READ, made.page)
			       : NULL;
	if (!pages)
		return -errno;
	ring->produced = (const unsigned long *)(const void *)pages;
	ring->records = pages + made.page;
	ring->at = ring->end = __atomic_load_n(ring->consumed, __ATOMIC_RELAXED);
	return 0;
}

void ring_close(struct ring *ring)
{
	if (ring->consumed)
		munmap(ring->consumed, ring->page);
	if (ring->produced)
		munmap((void *)(uintptr_t)ring->produced, ring->page + 2 * ring->bytes);
	closep(&ring->fd);
	*ring = (struct ring)RING_INIT;
}

bool ring_next(struct ring *ring, struct event_sample *out)
{
	const uint8_t *record = ring->records + (ring->at & (ring->bytes - 1));
	uint32_t word, size;

	if (ring->at == ring->end)
		ring->end = __atomic_load_n(ring->produced, __ATOMIC_ACQUIRE);
	if (ring->at == ring->end)
		return false;
	word = __atomic_load_n((const uint32_t *)(const void *)record, __ATOMIC_ACQUIRE);
	if (word & BPF_RINGBUF_BUSY_BIT) /* its writer has not finished */
		return false;
	if (ring->at - __atomic_load_n(ring->consumed, __ATOMIC_RELAXED) >= RELEASED_BYTES)
		__atomic_store_n(ring->consumed, ring->at, __ATOMIC_RELEASE);
	size = word & ~(BPF_RINGBUF_BUSY_BIT | BPF_RINGBUF_DISCARD_BIT);
	*out = (struct event_sample){ .data = record + BPF_RINGBUF_HDR_SZ,
				      .size = size,
				      .discarded = word & BPF_RINGBUF_DISCARD_BIT };
	ring->at += (size + BPF_RINGBUF_HDR_SZ + 7) & ~7ul;
	return true;
}

/* A writer wakes the reader if its record is the one that the reader has come to, and it
 * looks at that position after it has made the record known. So do we, in that order. */
bool ring_release(struct ring *ring)
{
	__atomic_store_n(ring->consumed, ring->at, __ATOMIC_SEQ_CST);
	return __atomic_load_n(ring->produced, __ATOMIC_SEQ_CST) == ring->end;
}
