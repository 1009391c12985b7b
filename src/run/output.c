/* SPDX-License-Identifier: Apache-2.0 */
/* A queue in front of a descriptor, which becomes writable in its own time. */
#include "run/output.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/error.h"
#include "base/io.h"

#define SPARE_MAX 16u /* buffers kept for what comes next; of events, a full queue's */
#define FILE_PIECE ((size_t)1 << 20) /* between two looks at the signals */

struct document {
	struct document *next;
	struct buffer bytes;
	bool is_frame;
};

struct output {
	struct loop *loop;
	struct loop_source source;
	struct document *first;
	size_t written; /* of the first */
	size_t records, records_max;
	struct buffer spare[SPARE_MAX];
	size_t spare_count;
	uint64_t lost;
	int code; /* why nothing can be written any more */
	void (*failed)(void *context, int code);
	void *context;
	bool finishing, timed_out;
	struct loop_timer patience;
	uint64_t patience_ns;
};

static void drop_first(struct output *output)
{
	struct document *document = output->first;

	output->first = document->next;
	output->written = 0;
	if (!document->is_frame) {
		output->records -= document->bytes.length;
		if (output->spare_count < SPARE_MAX) {
			buffer_clear(&document->bytes);
			output->spare[output->spare_count++] = document->bytes;
			document->bytes = (struct buffer){ 0 };
		}
	}
	buffer_free(&document->bytes);
	free(document);
}

static void fail_output(struct output *output, int code)
{
	output->code = code;
	loop_remove(&output->source);
	while (output->first)
		drop_first(output);
	if (output->finishing)
		loop_quit(output->loop, 0);
	else
		output->failed(output->context, code);
}

/* A pipe that can be written to has room for PIPE_BUF bytes, and not always for more. */
static void write_piece(struct output *output, uint64_t now_ns)
{
	const struct buffer *bytes = &output->first->bytes;
	size_t left = bytes->length - output->written;
	size_t most = output->source.is_file ? FILE_PIECE : PIPE_BUF;
	ssize_t n = write(output->source.fd, buffer_text(bytes) + output->written,
			  left < most ? left : most);

	if (n < 0) {
		if (errno != EINTR && errno != EAGAIN)
			fail_output(output, -errno);
		return;
	}
	if (output->finishing)
		loop_arm(output->loop, &output->patience, now_ns + output->patience_ns);
	output->written += (size_t)n;
	if (output->written == bytes->length)
		drop_first(output);
	if (output->first)
		return;
	loop_want(&output->source, 0);
	if (output->finishing)
		loop_quit(output->loop, 0);
}

static void ready(void *context, uint32_t events, uint64_t now_ns)
{
	struct output *output = context;

	if (output->first) /* write() names the error, where there is one */
		write_piece(output, now_ns);
	else if (events & (EPOLLERR | EPOLLHUP))
		fail_output(output, -EPIPE);
}

static void give_up(void *context, uint64_t now_ns)
{
	struct output *output = context;

	(void)now_ns;
	output->timed_out = true;
	loop_quit(output->loop, 0);
}

int output_open(struct loop *loop, int fd, size_t records_max,
		void (*failed)(void *context, int code), void *context, struct output **out)
{
	struct output *output = calloc(1, sizeof(*output));
	int r;

	if (!output)
		return -ENOMEM;
	output->loop = loop;
	output->records_max = records_max;
	output->failed = failed;
	output->context = context;
	output->patience = (struct loop_timer){ .due = give_up, .context = output };
	output->source = (struct loop_source){
		.fd = fd, .priority = LOOP_OUTPUT, .ready = ready, .context = output
	};
	r = loop_add(loop, &output->source);
	if (r < 0) {
		free(output);
		return r;
	}
	*out = output;
	return 0;
}

void output_freep(struct output **output)
{
	if (!*output)
		return;
	loop_disarm(&(*output)->patience);
	loop_remove(&(*output)->source);
	while ((*output)->first)
		drop_first(*output);
	while ((*output)->spare_count)
		buffer_free(&(*output)->spare[--(*output)->spare_count]);
	free(TAKE(*output));
}

/* Where the frame that was not begun hangs, or the end of the queue. */
static struct document **find_waiting(struct output *output)
{
	struct document **at = &output->first;

	if (output->written)
		at = &(*at)->next;
	while (*at && !(*at)->is_frame)
		at = &(*at)->next;
	return at;
}

static int append(struct output *output, struct buffer *bytes, bool is_frame)
{
	struct document **at = &output->first, *document = malloc(sizeof(*document));

	if (!document)
		return -ENOMEM;
	*document = (struct document){ NULL, *bytes, is_frame };
	*bytes = (struct buffer){ 0 };
	while (*at)
		at = &(*at)->next;
	*at = document;
	if (!is_frame)
		output->records += document->bytes.length;
	loop_want(&output->source, EPOLLOUT);
	return 0;
}

int output_frame(struct output *output, struct buffer *bytes)
{
	struct document *waiting;

	if (output->code)
		return 0;
	if (bytes->failed)
		return -ENOMEM;
	waiting = *find_waiting(output);
	if (!waiting)
		return append(output, bytes, true);
	buffer_free(&waiting->bytes);
	waiting->bytes = *bytes;
	*bytes = (struct buffer){ 0 };
	return 1;
}

void output_withdraw(struct output *output)
{
	struct document **at = find_waiting(output), *waiting = *at;

	if (!waiting)
		return;
	*at = waiting->next;
	buffer_free(&waiting->bytes);
	free(waiting);
	if (!output->first)
		loop_want(&output->source, 0);
}

bool output_has_waiting(struct output *output)
{
	return *find_waiting(output) != NULL;
}

bool output_record(struct output *output, struct buffer *bytes)
{
	if (!output->code && !bytes->failed && bytes->length <= output_room(output) &&
	    append(output, bytes, false) == 0)
		return true;
	output->lost++;
	return false;
}

void output_keep(struct output *output, struct buffer *bytes)
{
	if (output->code)
		return;
	if (bytes->failed || append(output, bytes, false) < 0)
		fail_output(output, -ENOMEM);
}

void output_spare(struct output *output, struct buffer *bytes)
{
	if (output->spare_count && !bytes->data)
		*bytes = output->spare[--output->spare_count];
}

uint64_t output_lost(const struct output *output)
{
	return output->lost;
}

size_t output_room(const struct output *output)
{
	return output->records < output->records_max ? output->records_max - output->records : 0;
}

int output_finish(struct output *output, uint64_t patience_ns)
{
	int r;

	if (!output->first)
		return output->code;
	output->finishing = true;
	output->timed_out = false;
	output->patience_ns = patience_ns;
	loop_arm(output->loop, &output->patience, clock_monotonic_ns() + patience_ns);
	r = loop_run(output->loop);
	loop_disarm(&output->patience);
	output->finishing = false;
	if (r < 0 || !output->first)
		return r < 0 ? r : output->code;
	return output->timed_out ? -ETIMEDOUT : -EINTR;
}

void output_flush(struct output *output, uint64_t patience_ns)
{
	const uint64_t until_ns = clock_monotonic_ns() + patience_ns;

	for (uint64_t now_ns; output->first && (now_ns = clock_monotonic_ns()) < until_ns;) {
		struct pollfd polled = { .fd = output->source.fd, .events = POLLOUT };

		if (poll(&polled, 1, (int)((until_ns - now_ns) / 1000000 + 1)) > 0)
			write_piece(output, now_ns);
	}
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
		return fail(error, code, SKBSCOPE_STAGE_RENDER, "nobody is reading from stdout");
	default:
		return fail_errno(error, code, SKBSCOPE_STAGE_RENDER, "cannot write to stdout");
	}
}
