/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Writing to a stdout that may be slow, stopped or gone, without becoming deaf
 * to signals meanwhile.
 */
#ifndef RUN_OUTPUT_H
#define RUN_OUTPUT_H

#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <skbscope/error.h>

#include "base/buffer.h"

/* A table may have room for four billion rows. More than these take longer to read
 * than anybody waits, and memory by the gigabyte; the reading says that it is not
 * complete. */
#define OUTPUT_ROWS_MAX (UINT64_C(1) << 22)

struct output {
	const char *next; /* what is still to be written */
	size_t length;
};

/* Writes everything, in pieces that a pipe takes whole. Gives up with -EINTR
 * once interrupt_fd is readable (and leaves it so), with -ETIMEDOUT when
 * nothing could be written for timeout_ms (-1: however long it takes); it may be
 * called again to go on. */
int output_write(int fd, struct output *output, int interrupt_fd, int timeout_ms);

/* A stream into *out, which fails with EINTR once interrupt_fd is readable (-1:
 * never): a rendering may be larger than anybody's patience. NULL: no memory. */
FILE *output_memory(struct buffer *out, int interrupt_fd);

/* 0, or -EBADF where stdout was closed from the start (see main.c). */
int output_check(int fd);

/* What a failed write to stdout is called; -EPIPE among others. */
int output_failed(int code, struct skbscope_error *error);

#endif
