/* SPDX-License-Identifier: Apache-2.0 */
#include "outside/reader.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

#define READ_BYTES ((size_t)1 << 18)
#define ANSWERS_MAX ((size_t)1 << 20) /* before they are written */
#define TICK_NS UINT64_C(1000000000)

void reader_send(struct reader *reader, enum wire_kind kind, const void *data, size_t length)
{
	const struct wire_header header = { (uint32_t)kind, (uint32_t)length };

	buffer_append(&reader->out, &header, sizeof(header));
	buffer_append(&reader->out, data, length);
}

static int write_all(struct reader *reader)
{
	size_t written = 0;

	if (reader->out.failed)
		return WIRE_NO_MEMORY;
	while (written < reader->out.length) {
		const ssize_t n = write(WIRE_FD_RUN, reader->out.data + written,
					reader->out.length - written);

		if (n < 0 && errno != EINTR)
			_exit(WIRE_DONE); /* there is no run any more */
		written += n > 0 ? (size_t)n : 0;
	}
	buffer_clear(&reader->out);
	return 0;
}

static void send_statistics(struct reader *reader)
{
	struct streams_statistics now;
	struct wire_statistics told;

	streams_statistics(reader->streams, &now);
	told = (struct wire_statistics){
		.connections = now.connections,
		.in_flight = now.in_flight,
		.calls = now.calls,
		.calls_lost = now.calls_lost,
		.gaps = now.gaps,
		.gap_bytes = now.gap_bytes,
		.retransmitted = now.retransmitted,
		.reordered = now.reordered,
		.unreadable = now.unreadable,
		.evicted = now.evicted,
		.idle = now.idle,
		.late = reader->seen[STREAM_LATE],
	};
	if (memcmp(&told, &reader->last, sizeof(told)) != 0)
		reader_send(reader, WIRE_STATISTICS, &told, sizeof(told));
	reader->last = told;
}

static bool start(struct reader *reader, const uint8_t *data, size_t length)
{
	const char *names[RECORD_COLUMNS];
	struct streams_options options = { .headers = names };
	const struct streams_callbacks callbacks = { reader_call, reader_event, reader };

	if (reader->streams || length != sizeof(reader->start))
		return false;
	memcpy(&reader->start, data, length);
	if (reader->start.columns > RECORD_COLUMNS)
		return false;
	for (size_t i = 0; i < RECORD_COLUMNS; i++) {
		reader->start.names[i][WIRE_NAME_ROOM - 1] = '\0';
		names[i] = reader->start.names[i];
	}
	options.header_count = reader->start.columns;
	options.seed = reader->start.seed;
	options.consumer_key = reader->start.consumer_key;
	options.consumer_key_length = sizeof(reader->start.consumer_key);
	return streams_new(&options, &callbacks, &reader->streams) == 0;
}

static void tick(struct reader *reader, uint64_t now_ns)
{
	if (now_ns < reader->ticked_ns + TICK_NS)
		return;
	reader->ticked_ns = now_ns;
	streams_tick(reader->streams, now_ns);
}

static bool take_number(struct reader *reader, enum wire_kind kind, const uint8_t *data,
			size_t length)
{
	uint64_t number;

	if (length != sizeof(number))
		return false;
	memcpy(&number, data, sizeof(number));
	if (kind == WIRE_TICK) {
		tick(reader, number);
	} else if (kind == WIRE_FINISH) {
		streams_finish(reader->streams, number);
	} else {
		reader_gaps(reader);
		send_statistics(reader);
		reader_send(reader, WIRE_SYNCED, &number, sizeof(number));
	}
	return true;
}

/* False: what came makes no sense. */
static bool take(struct reader *reader, const struct wire_header *header, const uint8_t *data)
{
	if (header->kind == WIRE_START)
		return start(reader, data, header->length);
	if (!reader->streams)
		return false;
	switch (header->kind) {
	case WIRE_PIECE:
		return reader_piece(reader, data, header->length);
	case WIRE_TICK:
	case WIRE_FINISH:
	case WIRE_SYNC:
		return take_number(reader, (enum wire_kind)header->kind, data, header->length);
	default:
		return false;
	}
}

/* Whole messages; the rest stays. */
static int take_all(struct reader *reader)
{
	const uint8_t *data = (const uint8_t *)reader->in.data;
	size_t at = 0;
	int r = 0;

	while (r == 0 && reader->in.length - at >= sizeof(struct wire_header)) {
		struct wire_header header;

		memcpy(&header, data + at, sizeof(header));
		if (header.length > WIRE_MAX)
			return WIRE_CONFUSED;
		if (reader->in.length - at - sizeof(header) < header.length)
			break;
		if (!take(reader, &header, data + at + sizeof(header)))
			return WIRE_CONFUSED;
		at += sizeof(header) + header.length;
		if (reader->out.length > ANSWERS_MAX)
			r = write_all(reader);
	}
	memmove(reader->in.data, reader->in.data + at, reader->in.length - at);
	reader->in.length -= at;
	return r;
}

int reader_run(struct reader *reader)
{
	const char ready = WIRE_READY;
	int r = write(WIRE_FD_RUN, &ready, sizeof(ready)) == sizeof(ready) ? 0 : WIRE_CONFUSED;

	while (r == 0) {
		ssize_t n;

		if (!buffer_reserve(&reader->in, READ_BYTES))
			return WIRE_NO_MEMORY;
		n = read(WIRE_FD_RUN, reader->in.data + reader->in.length, READ_BYTES);
		if (n == 0 || (n < 0 && errno != EINTR))
			return WIRE_DONE;
		reader->in.length += n > 0 ? (size_t)n : 0;
		r = take_all(reader);
		if (r == 0 && reader->streams) {
			reader_gaps(reader);
			send_statistics(reader);
			r = write_all(reader);
		}
	}
	return r;
}
