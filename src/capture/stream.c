/* SPDX-License-Identifier: Apache-2.0 */
/* Bytes of a file, a pipe or standard input. */
#include "capture/stream.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/error.h"
#include "capture/unpack.h"

#define WINDOW (256u << 10) /* stays in a processor's cache; larger ones are no faster */

const char *stream_name(const struct stream *stream)
{
	return stream->name ? stream->name : "the capture";
}

static int cannot_read(const struct stream *stream, int code, struct skbscope_error *error)
{
	return fail_errno(error, code, SKBSCOPE_STAGE_READ, "cannot read %s", stream_name(stream));
}

/* A pipe may be handed over; opening a device does what that device likes. */
static int open_capture(const char *path, struct skbscope_error *error)
{
	AUTO(closep) int place = open(path, O_PATH | O_CLOEXEC);
	struct stat status;
	char name[64];
	int fd;

	if (place < 0 || fstat(place, &status) < 0)
		return fail_errno(error, errno, SKBSCOPE_STAGE_READ, "cannot open '%s'", path);
	if (S_ISDIR(status.st_mode))
		return hint(error,
			    fail(error, EISDIR, SKBSCOPE_STAGE_READ, "'%s' is a directory", path),
			    "name the capture file in it");
	if (!S_ISREG(status.st_mode) && !S_ISFIFO(status.st_mode))
		return hint(error,
			    fail(error, EINVAL, SKBSCOPE_STAGE_READ,
				 "'%s' is neither a file nor a pipe", path),
			    "write - to read the capture from standard input");
	/* Opening a pipe that nobody writes to would wait; poll() waits for its writer. */
	snprintf(name, sizeof(name), "/proc/self/fd/%d", place);
	fd = open(name, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
	if (fd < 0)
		return fail_errno(error, errno, SKBSCOPE_STAGE_READ, "cannot open '%s'", path);
	return fd;
}

int stream_take(struct stream *stream, int fd, const char *name, struct skbscope_error *error)
{
	struct stat status;

	*stream = (struct stream){ .fd = fd, .name = name ? strdup(name) : NULL };
	stream->data = malloc(WINDOW);
	stream->capacity = WINDOW;
	if (!stream->data || (name && !stream->name)) {
		stream_close(stream);
		return fail_memory(error, SKBSCOPE_STAGE_READ);
	}
	if (fstat(fd, &status) == 0 && S_ISREG(status.st_mode)) {
		off_t at = lseek(fd, 0, SEEK_CUR);

		stream->is_file = true;
		if (at >= 0 && status.st_size > at)
			stream->total = (uint64_t)(status.st_size - at);
		posix_fadvise(fd, 0, 0, POSIX_FADV_SEQUENTIAL);
	}
	return 0;
}

int stream_open(struct stream *stream, const char *path, struct skbscope_error *error)
{
	AUTO(freep) char *quoted = NULL;
	int fd;

	*stream = (struct stream){ .fd = -1 };
	if (strcmp(path, "-") == 0) {
		if (isatty(STDIN_FILENO))
			return hint(error,
				    fail(error, EINVAL, SKBSCOPE_STAGE_READ,
					 "standard input is a terminal, not a capture"),
				    "let another program write to it: tcpdump -w - … | …");
		fd = fcntl(STDIN_FILENO, F_DUPFD_CLOEXEC, 3);
		if (fd < 0)
			return fail_errno(error, errno, SKBSCOPE_STAGE_READ,
					  "cannot read standard input");
		return stream_take(stream, fd, "standard input", error);
	}
	if (asprintf(&quoted, "'%s'", path) < 0) {
		quoted = NULL;
		return fail_memory(error, SKBSCOPE_STAGE_READ);
	}
	fd = open_capture(path, error);
	return fd < 0 ? fd : stream_take(stream, fd, quoted, error);
}

void stream_close(struct stream *stream)
{
	closep(&stream->fd);
	unpack_free(stream->unpack);
	free(stream->data);
	free(stream->name);
	*stream = (struct stream){ .fd = -1 };
}

/* 1: reading does not wait. */
static int wait_for(const struct stream *stream)
{
	struct pollfd polled = { .fd = stream->fd, .events = POLLIN };
	int r;

	if (stream->is_file)
		return 1;
	do {
		r = poll(&polled, 1, stream->never_waits ? 0 : -1);
	} while (r < 0 && errno == EINTR);
	if (r < 0)
		return -errno;
	return r ? 1 : -EAGAIN;
}

int64_t stream_read(struct stream *stream, void *data, size_t length, struct skbscope_error *error)
{
	for (;;) {
		int r = wait_for(stream);
		ssize_t n;

		if (r < 0)
			return r == -EAGAIN ? r : cannot_read(stream, r, error);
		n = read(stream->fd, data, length);
		if (n >= 0) {
			stream->consumed += (uint64_t)n;
			return n;
		}
		if (errno == EAGAIN && stream->never_waits)
			return -EAGAIN;
		if (errno != EINTR && errno != EAGAIN)
			return cannot_read(stream, errno, error);
	}
}

/* Room behind the end: what was consumed first, more memory only when all of it is full. */
static int make_room(struct stream *stream)
{
	uint8_t *larger;

	if (stream->end < stream->capacity)
		return 0;
	if (stream->start > 0) {
		memmove(stream->data, stream->data + stream->start, stream_available(stream));
		stream->end -= stream->start;
		stream->start = 0;
		return 0;
	}
	larger = realloc(stream->data, stream->capacity * 2);
	if (!larger)
		return -ENOMEM;
	stream->data = larger;
	stream->capacity *= 2;
	return 0;
}

int stream_fill(struct stream *stream, size_t length, struct skbscope_error *error)
{
	if (stream->start == stream->end)
		stream->start = stream->end = 0;
	while (stream_available(stream) < length) {
		int64_t n;
		size_t room;

		if (stream->ended)
			return 0;
		if (make_room(stream) < 0)
			return fail_memory(error, SKBSCOPE_STAGE_READ);
		room = stream->capacity - stream->end;
		n = stream->unpack ? unpack_read(stream->unpack, stream, stream->data + stream->end,
						 room, error)
				   : stream_read(stream, stream->data + stream->end, room, error);
		if (n < 0)
			return (int)n;
		stream->ended = n == 0;
		stream->end += (size_t)n;
	}
	return 1;
}

int stream_skip(struct stream *stream, uint64_t *left, struct skbscope_error *error)
{
	while (*left) {
		size_t available = stream_available(stream);
		size_t part = *left < available ? (size_t)*left : available;
		int r;

		stream_consume(stream, part);
		*left -= part;
		if (!*left)
			break;
		r = stream_need(stream, 1, error);
		if (r <= 0)
			return r;
	}
	return 1;
}

int stream_detect_packing(struct stream *stream, struct skbscope_error *error)
{
	int r = stream_need(stream, 4, error);

	if (r <= 0 || !unpack_name(stream_bytes(stream), stream_available(stream)))
		return r;
	r = unpack_new(stream_bytes(stream), stream_available(stream), &stream->unpack, error);
	if (r < 0)
		return r;
	stream->start = stream->end = 0;
	stream->ended = false;
	return 1;
}
