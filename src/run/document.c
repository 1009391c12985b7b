/* SPDX-License-Identifier: Apache-2.0 */
/* Rendering into memory, with an ear for signals. */
#include "run/document.h"

#include <errno.h>
#include <poll.h>
#include <stdio.h>

#include "base/cleanup.h"
#include "base/error.h"

struct memory {
	struct buffer *out;
	int interrupt_fd;
};

static ssize_t memory_write(void *cookie, const char *data, size_t length)
{
	const struct memory *memory = cookie;
	struct pollfd polled = { .fd = memory->interrupt_fd, .events = POLLIN };

	buffer_append(memory->out, data, length);
	if (poll(&polled, 1, 0) > 0)
		errno = EINTR;
	else if (memory->out->failed)
		errno = ENOMEM;
	else
		return (ssize_t)length;
	return 0;
}

static int render_once(const struct render_format *format, const struct shown *shown,
		       const struct skbscope_render_options *options, struct memory *memory,
		       struct skbscope_error *error)
{
	const cookie_io_functions_t functions = { .write = memory_write };
	FILE *stream = fopencookie(memory, "w", functions);
	int r;

	if (!stream)
		return fail_memory(error, SKBSCOPE_STAGE_RENDER);
	/* A look at the signals for each of these. */
	setvbuf(stream, NULL, _IOFBF, 1 << 16);
	r = shown->difference ? format->difference(shown->difference, options, stream, error)
			      : format->snapshot(shown->snapshot, options, stream, error);
	if (fclose(stream) != 0 && r == 0)
		r = errno == EINTR ? -EINTR : fail_memory(error, SKBSCOPE_STAGE_RENDER);
	return r;
}

int document_render(const struct render_format *format, const struct shown *shown,
		    const struct skbscope_render_options *options, struct signals *signals,
		    struct buffer *out, struct skbscope_error *error)
{
	struct memory memory = { out, loop_signal_fd(signals->loop) };
	size_t length = out->length;
	int r;

	while ((r = render_once(format, shown, options, &memory, error)) == -EINTR) {
		out->length = length;
		if (!signals_go_on(signals))
			break;
	}
	return r;
}
