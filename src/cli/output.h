/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Writing to a stdout that may be slow, stopped or gone, without becoming deaf
 * to signals meanwhile.
 */
#ifndef CLI_OUTPUT_H
#define CLI_OUTPUT_H

#include <stddef.h>

#include <skbscope/error.h>

struct output {
	const char *next; /* what is still to be written */
	size_t length;
};

/* Writes everything, in pieces that a pipe takes whole. Gives up with -EINTR
 * once interrupt_fd is readable (and leaves it so), with -ETIMEDOUT when
 * nothing could be written for timeout_ms (-1: however long it takes); it may be
 * called again to go on. */
int output_write(int fd, struct output *output, int interrupt_fd, int timeout_ms);

/* 0, or -EBADF where stdout was closed from the start (see main.c). */
int output_check(int fd);

/* What a failed write to stdout is called; -EPIPE among others. */
int output_failed(int code, struct skbscope_error *error);

#endif
