/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A file, a pipe or standard input as one run of bytes, unpacked if it is packed, looked at
 * through a window that grows as far as somebody needs it and bytes really come.
 */
#ifndef CAPTURE_STREAM_H
#define CAPTURE_STREAM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <skbscope/error.h>

struct unpack;

struct stream {
	int fd; /* owned */
	char *name;
	bool is_file; /* never to be waited for */
	bool never_waits;
	struct unpack *unpack; /* NULL: bytes are as they are */
	uint8_t *data;         /* the window: from start to end */
	size_t capacity, start, end;
	uint64_t offset;   /* of start, in the unpacked bytes */
	uint64_t consumed; /* bytes that fd has given */
	uint64_t total;    /* that it will give; 0: nobody knows */
	bool ended;
};

int stream_open(struct stream *stream, const char *path, struct skbscope_error *error);
/* Takes the descriptor, also on failure. */
int stream_take(struct stream *stream, int fd, const char *name, struct skbscope_error *error);
void stream_close(struct stream *stream);

/* What an error calls it. */
const char *stream_name(const struct stream *stream);

/* 1 once that many bytes are in the window, 0 if it ends before, -EAGAIN if it never waits and
 * has to, or another negative errno. */
int stream_fill(struct stream *stream, size_t length, struct skbscope_error *error);

static inline int stream_need(struct stream *stream, size_t length, struct skbscope_error *error)
{
	return stream->end - stream->start >= length ? 1 : stream_fill(stream, length, error);
}

static inline const uint8_t *stream_bytes(const struct stream *stream)
{
	return stream->data + stream->start;
}

static inline size_t stream_available(const struct stream *stream)
{
	return stream->end - stream->start;
}

/* No more than is available. */
static inline void stream_consume(struct stream *stream, size_t length)
{
	stream->start += length;
	stream->offset += length;
}

/* Takes what is there of *left; 1 once nothing is left. */
int stream_skip(struct stream *stream, uint64_t *left, struct skbscope_error *error);

/* From the descriptor itself: bytes, 0 at its end, -EAGAIN as above, or an error. */
int64_t stream_read(struct stream *stream, void *data, size_t length, struct skbscope_error *error);
/* If it begins as gzip or zstd do, everything is read through that from here on. 1, or as
 * stream_need(). Once, before anything was consumed. */
int stream_detect_packing(struct stream *stream, struct skbscope_error *error);

#endif
