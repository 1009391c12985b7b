/* SPDX-License-Identifier: Apache-2.0 */
/*
 * libbpf opens the buffers; what is in them we read ourselves, as only so they can be read
 * side by side. Events that come while the buffers are looked at one after the other are put
 * off: one that another CPU submitted earlier might not have been seen. So only events that
 * are submitted within the microseconds that this takes can be in the wrong order.
 */
#include "events/per_cpu.h"

#include <bpf/libbpf.h>
#include <errno.h>
#include <linux/perf_event.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/io.h"

/* There is no flag for each event: one in so many wakes its reader. */
#define WAKEUP_EVENTS 64u

/* As the kernel writes it with the sample_type below. */
struct sample {
	struct perf_event_header header;
	uint64_t time_ns;
	uint32_t size;
	uint8_t data[];
};
#define SAMPLE_HEAD offsetof(struct sample, data)

struct cpu_buffer {
	struct perf_event_mmap_page *page; /* NULL: the CPU is not there */
	const uint8_t *records;
	size_t bytes;
	uint64_t at, end;
	uint64_t time_ns; /* of the record at hand; 0: it was not looked at */
};

static int find_buffers(struct per_cpu *per_cpu)
{
	const size_t page = (size_t)sysconf(_SC_PAGESIZE);

	per_cpu->count = perf_buffer__buffer_cnt(per_cpu->perf);
	per_cpu->buffers = calloc(per_cpu->count + 1, sizeof(*per_cpu->buffers));
	if (!per_cpu->buffers)
		return -ENOMEM;
	for (size_t i = 0; i < per_cpu->count; i++) {
		struct cpu_buffer *buffer = &per_cpu->buffers[i];
		size_t size = 0;
		void *memory;

		/* The size is that of the records alone. */
		if (perf_buffer__buffer(per_cpu->perf, (int)i, &memory, &size) < 0)
			continue;
		buffer->page = memory;
		buffer->records = (const uint8_t *)memory + page;
		buffer->bytes = size;
		buffer->at = buffer->end = buffer->page->data_tail;
	}
	return 0;
}

/* Ours is the only one that reads, and libbpf asks for one that it could call. */
static enum bpf_perf_event_ret never(void *context, int cpu, struct perf_event_header *header)
{
	(void)context;
	(void)cpu;
	(void)header;
	return LIBBPF_PERF_EVENT_ERROR;
}

int per_cpu_open(int map, size_t bytes, struct per_cpu *out)
{
	struct perf_event_attr attributes = {
		.type = PERF_TYPE_SOFTWARE,
		.size = sizeof(attributes),
		.config = PERF_COUNT_SW_BPF_OUTPUT,
		.sample_type = PERF_SAMPLE_RAW | PERF_SAMPLE_TIME,
		.sample_period = 1,
		.wakeup_events = WAKEUP_EVENTS,
		.use_clockid = 1,
		.clockid = CLOCK_MONOTONIC,
	};

	*out = (struct per_cpu){ .perf = NULL };
	out->perf = perf_buffer__new_raw(map, bytes / (size_t)sysconf(_SC_PAGESIZE), &attributes,
					 never, NULL, NULL);
	return out->perf ? find_buffers(out) : -errno;
}

void per_cpu_close(struct per_cpu *per_cpu)
{
	perf_buffer__free(per_cpu->perf);
	free(per_cpu->buffers);
	free(per_cpu->joined);
	*per_cpu = (struct per_cpu){ .perf = NULL };
}

int per_cpu_fd(const struct per_cpu *per_cpu)
{
	return perf_buffer__epoll_fd(per_cpu->perf);
}

static void copy_out(const struct cpu_buffer *buffer, uint64_t at, void *to, size_t size)
{
	const size_t start = (size_t)(at & (buffer->bytes - 1));
	const size_t first = size < buffer->bytes - start ? size : buffer->bytes - start;

	memcpy(to, buffer->records + start, first);
	memcpy((uint8_t *)to + first, buffer->records, size - first);
}

/* What was lost here, the functions have counted. */
static bool find_sample(struct cpu_buffer *buffer)
{
	while (!buffer->time_ns && buffer->at < buffer->end) {
		struct sample sample;

		copy_out(buffer, buffer->at, &sample.header, sizeof(sample.header));
		if (sample.header.size < sizeof(sample.header)) /* not the kernel's */
			buffer->at = buffer->end;
		else if (sample.header.type != PERF_RECORD_SAMPLE ||
			 sample.header.size < SAMPLE_HEAD)
			buffer->at += sample.header.size;
		else {
			copy_out(buffer, buffer->at, &sample, SAMPLE_HEAD);
			buffer->time_ns = sample.time_ns ? sample.time_ns : 1;
		}
	}
	return buffer->time_ns != 0;
}

static struct cpu_buffer *find_first(struct per_cpu *per_cpu)
{
	struct cpu_buffer *first = NULL;

	for (size_t i = 0; i < per_cpu->count; i++) {
		struct cpu_buffer *buffer = &per_cpu->buffers[i];

		if (find_sample(buffer) && (!first || buffer->time_ns < first->time_ns))
			first = buffer;
	}
	return first;
}

static void look_again(struct per_cpu *per_cpu)
{
	per_cpu->until_ns = clock_monotonic_ns();
	for (size_t i = 0; i < per_cpu->count; i++) {
		struct cpu_buffer *buffer = &per_cpu->buffers[i];

		if (buffer->page)
			buffer->end = __atomic_load_n(&buffer->page->data_head, __ATOMIC_ACQUIRE);
	}
}

/* Where it lies, if it does not go round the end. */
static const uint8_t *find_bytes(struct per_cpu *per_cpu, const struct cpu_buffer *buffer,
				 uint64_t at, size_t size)
{
	const size_t start = (size_t)(at & (buffer->bytes - 1));

	if (start + size <= buffer->bytes)
		return buffer->records + start;
	if (size > per_cpu->joined_room) {
		uint8_t *larger = realloc(per_cpu->joined, size);

		if (!larger)
			return NULL;
		per_cpu->joined = larger;
		per_cpu->joined_room = size;
	}
	copy_out(buffer, at, per_cpu->joined, size);
	return per_cpu->joined;
}

static void give_back(const struct cpu_buffer *buffer)
{
	if (buffer->page)
		__atomic_store_n(&buffer->page->data_tail, buffer->at, __ATOMIC_RELEASE);
}

/* The record that was handed out is done with. */
static void step_over(struct per_cpu *per_cpu)
{
	struct cpu_buffer *buffer = per_cpu->lent;
	struct perf_event_header header;

	if (!buffer)
		return;
	copy_out(buffer, buffer->at, &header, sizeof(header));
	buffer->at += header.size;
	buffer->time_ns = 0;
	per_cpu->lent = NULL;
	if (buffer->at - buffer->page->data_tail >= buffer->bytes / 4)
		give_back(buffer);
}

static bool read_sample(struct per_cpu *per_cpu, struct cpu_buffer *buffer,
			struct event_sample *out)
{
	struct sample sample;

	copy_out(buffer, buffer->at, &sample, SAMPLE_HEAD);
	if (sample.size > sample.header.size - SAMPLE_HEAD)
		sample.size = (uint32_t)(sample.header.size - SAMPLE_HEAD);
	*out = (struct event_sample){ .data = find_bytes(per_cpu, buffer, buffer->at + SAMPLE_HEAD,
							 sample.size),
				      .size = sample.size,
				      .time_ns = sample.time_ns };
	return out->data;
}

bool per_cpu_next(struct per_cpu *per_cpu, struct event_sample *out)
{
	struct cpu_buffer *first;

	step_over(per_cpu);
	first = find_first(per_cpu);
	if (!first || first->time_ns > per_cpu->until_ns) {
		look_again(per_cpu);
		first = find_first(per_cpu);
	}
	if (!first || !read_sample(per_cpu, first, out))
		return false;
	per_cpu->lent = first;
	return true;
}

void per_cpu_release(struct per_cpu *per_cpu)
{
	step_over(per_cpu);
	for (size_t i = 0; i < per_cpu->count; i++)
		give_back(&per_cpu->buffers[i]);
}
