/* SPDX-License-Identifier: Apache-2.0 */
/* Writing with poll(2), so that a reader who stopped reading cannot hold us. */
#include "run/output.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <stdbool.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/error.h"

/* Until stdout takes another PIPE_BUF bytes, or there is a reason to stop. */
static int wait_writable(int fd, int interrupt_fd, int timeout_ms)
{
	struct pollfd polled[] = {
		{ .fd = fd, .events = POLLOUT },
		{ .fd = interrupt_fd, .events = POLLIN }, /* negative: ignored */
	};

	for (;;) {
		int n = poll(polled, 2, timeout_ms);

		if (n < 0 && errno != EINTR)
			return -errno;
		if (n < 0)
			continue;
		if (n == 0)
			return -ETIMEDOUT;
		if (polled[1].revents)
			return -EINTR;
		return 0; /* errors included: write() names them */
	}
}

int output_write(int fd, struct output *output, int interrupt_fd, int timeout_ms)
{
	while (output->length) {
		/* poll promises a pipe room for PIPE_BUF bytes, and not for more. */
		size_t piece = output->length < PIPE_BUF ? output->length : PIPE_BUF;
		ssize_t n;
		int r = wait_writable(fd, interrupt_fd, timeout_ms);

		if (r < 0)
			return r;
		n = write(fd, output->next, piece);
		if (n < 0 && (errno == EINTR || errno == EAGAIN))
			continue;
		if (n < 0)
			return -errno;
		output->next += n;
		output->length -= (size_t)n;
	}
	return 0;
}

struct memory {
	struct buffer *out;
	int interrupt_fd;
};

static ssize_t memory_write(void *cookie, const char *data, size_t length)
{
	const struct memory *memory = cookie;
	struct pollfd polled = { .fd = memory->interrupt_fd, .events = POLLIN };

	errno = ENOMEM;
	if (memory->interrupt_fd >= 0 && poll(&polled, 1, 0) > 0)
		errno = EINTR;
	else if (buffer_append(memory->out, data, length) == 0)
		return (ssize_t)length;
	return 0;
}

static int memory_close(void *cookie)
{
	free(cookie);
	return 0;
}

FILE *output_memory(struct buffer *out, int interrupt_fd)
{
	struct memory *memory = malloc(sizeof(*memory));
	const cookie_io_functions_t functions = { .write = memory_write, .close = memory_close };
	FILE *stream;

	if (!memory)
		return NULL;
	*memory = (struct memory){ out, interrupt_fd };
	stream = fopencookie(memory, "w", functions);
	if (!stream) {
		free(memory);
		return NULL;
	}
	/* A look at interrupt_fd for each of these. */
	setvbuf(stream, NULL, _IOFBF, 1 << 16);
	return stream;
}

int output_check(int fd)
{
	int flags = fcntl(fd, F_GETFL);

	return flags < 0 || (flags & O_ACCMODE) == O_RDONLY ? -EBADF : 0;
}

int output_failed(int code, struct skbscope_error *error)
{
	switch (code) {
	case -EPIPE:
		return fail(error, code, SKBSCOPE_STAGE_RENDER, "the reader of stdout is gone");
	case -EBADF:
		return fail(error, code, SKBSCOPE_STAGE_RENDER, "stdout is closed");
	case -ETIMEDOUT:
		return fail(error, code, SKBSCOPE_STAGE_RENDER, "nobody reads from stdout");
	default:
		return fail_errno(error, code, SKBSCOPE_STAGE_RENDER, "cannot write to stdout");
	}
}
