/* SPDX-License-Identifier: Apache-2.0 */
/* Opening a capture, telling its format, and what both formats have in common. */
#include "capture/capture.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/error.h"
#include "capture/reader.h"
#include "capture/unpack.h"

#define BEGINNING 24 /* bytes that tell the format: pcap's header */

int capture_damaged(const struct capture *capture, struct skbscope_error *error, const char *format,
		    ...)
{
	char what[256];
	va_list arguments;

	va_start(arguments, format);
	vsnprintf(what, sizeof(what), format, arguments);
	va_end(arguments);
	return hint(error,
		    fail(error, EBADMSG, SKBSCOPE_STAGE_READ,
			 "%s is damaged at byte %llu%s, after %llu packet%s: %s",
			 stream_name(&capture->stream), (unsigned long long)capture->stream.offset,
			 capture->stream.unpack ? " of what it unpacks to" : "",
			 (unsigned long long)capture->facts.packets,
			 capture->facts.packets == 1 ? "" : "s", what),
		    "the packets before it are whole; tcpdump -r FILE -w NEW keeps them");
}

int capture_cut(const struct capture *capture, const char *what, uint64_t needed,
		struct skbscope_error *error)
{
	const struct stream *stream = &capture->stream;

	return hint(error,
		    fail(error, ENODATA, SKBSCOPE_STAGE_READ,
			 "%s is cut after %llu packet%s: %s begins at byte %llu%s and should have "
			 "%llu bytes, of which %zu are there",
			 stream_name(stream), (unsigned long long)capture->facts.packets,
			 capture->facts.packets == 1 ? "" : "s", what,
			 (unsigned long long)stream->offset,
			 stream->unpack ? " of what it unpacks to" : "", (unsigned long long)needed,
			 stream_available(stream)),
		    "the packets before it are whole; copy the file again, or wait until it is "
		    "written");
}

bool capture_time(const struct capture_clock *clock, uint64_t ticks, uint64_t *ns)
{
	__extension__ typedef __int128 wide;
	wide time;

	if (!clock->shift && clock->divide == 1 && !clock->offset_s &&
	    !__builtin_mul_overflow(ticks, clock->multiply, ns) && *ns <= CAPTURE_TIME_MAX)
		return true;
	if (clock->shift) {
		unsigned __int128 fraction = ticks;

		time = clock->shift < 64 ? (wide)(ticks >> clock->shift) * 1000000000 : 0;
		if (clock->shift < 64)
			fraction &= (UINT64_C(1) << clock->shift) - 1;
		/* 64 bits of ticks and 30 of a second: there is room up to here. */
		time += clock->shift <= 97 ? (wide)(fraction * 1000000000 >> clock->shift) : 0;
	} else {
		time = (wide)ticks * clock->multiply / clock->divide;
	}
	time += (wide)clock->offset_s * 1000000000;
	if (time < 0 || time > CAPTURE_TIME_MAX) {
		*ns = time < 0 ? 0 : CAPTURE_TIME_MAX;
		return false;
	}
	*ns = (uint64_t)time;
	return true;
}

/* Messages of D-Bus, transfers of USB and a bus tracer's records: as libpcap has it. */
uint32_t capture_packet_limit(uint16_t link, uint32_t snapshot)
{
	bool is_huge = link == 186 || link == 189 || link == 220 || link == 231 || link == 249 ||
		       link == 266 || link == 279;
	uint32_t limit = 256u << 10;

	if (is_huge || snapshot > CAPTURE_PACKET_MAX)
		return CAPTURE_PACKET_MAX;
	return snapshot > limit ? snapshot : limit;
}

int capture_add_source(struct capture *capture, struct capture_source **out,
		       struct skbscope_error *error)
{
	if (capture->source_count == CAPTURE_INTERFACES_MAX)
		return capture_damaged(capture, error, "it has more than %u interfaces",
				       CAPTURE_INTERFACES_MAX);
	if (capture->source_count == capture->source_capacity) {
		size_t capacity = capture->source_capacity ? capture->source_capacity * 2 : 4;
		struct capture_source *sources =
			realloc(capture->sources, capacity * sizeof(*sources));

		if (!sources)
			return fail_memory(error, SKBSCOPE_STAGE_READ);
		capture->sources = sources;
		capture->source_capacity = capacity;
	}
	*out = &capture->sources[capture->source_count++];
	**out = (struct capture_source){ .clock = { .multiply = 1000, .divide = 1 } };
	return 0;
}

static int nothing_there(const struct capture *capture, struct skbscope_error *error)
{
	const struct stream *stream = &capture->stream;

	if (!stream_available(stream))
		return hint(error,
			    fail(error, ENODATA, SKBSCOPE_STAGE_READ, "%s is empty%s",
				 stream_name(stream), stream->unpack ? " once unpacked" : ""),
			    "a capture has a header even before its first packet: whoever was to "
			    "write it has not");
	return hint(error,
		    fail(error, EINVAL, SKBSCOPE_STAGE_READ,
			 "%s is not a capture: it has only %zu bytes", stream_name(stream),
			 stream_available(stream)),
		    "pcap and pcapng can be read, also packed with gzip or zstd");
}

/* 1 once it is known which format it is, -EAGAIN, or an error. */
static int begin(struct capture *capture, struct skbscope_error *error)
{
	struct stream *stream = &capture->stream;
	int r = 1;

	if (!capture->packing_known) {
		r = stream_detect_packing(stream, error);
		if (r == 0)
			return nothing_there(capture, error);
		if (r < 0)
			return r;
		capture->packing_known = true;
	}
	r = stream_need(stream, BEGINNING, error);
	if (r < 0)
		return r;
	if (stream_available(stream) < 4)
		return nothing_there(capture, error);
	r = pcap_begin(capture, error);
	if (r == 0)
		r = pcapng_begin(capture, error);
	return r ? r : foreign_refuse(capture, error);
}

/* An error is for good, but that a pipe has nothing now. */
static int remember(struct capture *capture, int r, struct skbscope_error *error)
{
	if (r >= 0 || r == -EAGAIN)
		return r;
	if (error)
		*error = capture->failure;
	return r;
}

int capture_next(struct capture *capture, struct capture_packet *packet,
		 struct skbscope_error *error)
{
	struct capture_facts *facts = &capture->facts;
	int r = 1;

	if (capture->failure.code)
		return remember(capture, capture->failure.code, error);
	if (!capture->next)
		r = begin(capture, &capture->failure);
	if (r > 0)
		r = capture->next(capture, packet, &capture->failure);
	if (r <= 0)
		return remember(capture, r, error);
	facts->packets++;
	facts->bytes += packet->captured;
	facts->cut_short += packet->captured < packet->length;
	return 1;
}

static int from_stream(struct capture *capture, const struct capture_options *options,
		       struct capture **out, struct skbscope_error *error)
{
	struct stream *stream = &capture->stream;
	int r;

	stream->never_waits = true;
	r = begin(capture, error);
	stream->never_waits = options && options->never_waits;
	if (r < 0 && r != -EAGAIN) {
		capture_free(capture);
		return r;
	}
	*out = capture;
	return 0;
}

int capture_open(const char *path, const struct capture_options *options, struct capture **out,
		 struct skbscope_error *error)
{
	AUTO(capture_freep) struct capture *capture = calloc(1, sizeof(*capture));
	int r;

	if (!capture)
		return fail_memory(error, SKBSCOPE_STAGE_READ);
	r = stream_open(&capture->stream, path, error);
	return r < 0 ? r : from_stream(TAKE(capture), options, out, error);
}

int capture_from_fd(int fd, const char *name, const struct capture_options *options,
		    struct capture **out, struct skbscope_error *error)
{
	AUTO(capture_freep) struct capture *capture = calloc(1, sizeof(*capture));
	int r;

	if (!capture) {
		close(fd);
		return fail_memory(error, SKBSCOPE_STAGE_READ);
	}
	r = stream_take(&capture->stream, fd, name, error);
	return r < 0 ? r : from_stream(TAKE(capture), options, out, error);
}

void capture_free(struct capture *capture)
{
	if (!capture)
		return;
	stream_close(&capture->stream);
	for (size_t i = 0; i < capture->source_count; i++)
		free(capture->sources[i].name);
	free(capture->sources);
	free(capture);
}

void capture_freep(struct capture **capture)
{
	capture_free(*capture);
	*capture = NULL;
}

int capture_descriptor(const struct capture *capture)
{
	return capture->stream.fd;
}

void capture_facts(const struct capture *capture, struct capture_facts *facts)
{
	const struct stream *stream = &capture->stream;
	size_t waiting = stream->unpack ? unpack_waiting(stream->unpack) : stream_available(stream);

	*facts = capture->facts;
	facts->packing = stream->unpack ? unpack_format(stream->unpack) : NULL;
	facts->interfaces = (uint32_t)capture->source_count;
	facts->consumed = stream->consumed - waiting;
	facts->total = stream->total;
}

const struct capture_interface *capture_interface(const struct capture *capture, uint32_t index)
{
	return index < capture->source_count ? &capture->sources[index].shown : NULL;
}
