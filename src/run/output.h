/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What is written to a descriptor whose reader may be slow, stopped or gone: documents,
 * one after the other, each whole once it was begun. The loop writes; nobody waits.
 */
#ifndef RUN_OUTPUT_H
#define RUN_OUTPUT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <skbscope/error.h>

#include "base/buffer.h"
#include "base/loop.h"

#define OUTPUT_RECORDS_MAX ((size_t)1 << 20) /* bytes of them that may wait */

struct output;

/* The descriptor is borrowed, may be shared with other processes and so stays blocking.
 * failed is told, once, that nothing can be written any more: -EPIPE, -ENOSPC and the
 * like; a reader who goes is noticed while nothing is written, too. */
int output_open(struct loop *loop, int fd, size_t records_max,
		void (*failed)(void *context, int code), void *context, struct output **out);
void output_freep(struct output **output); /* what still waits is lost */

/* Each takes the bytes out of the buffer if it keeps them.
 *
 * A frame is the latest state of something: it takes the place of the one before it
 * where that was not begun. Gives 1 if it did, 0 if not; -ENOMEM. */
int output_frame(struct output *output, struct buffer *bytes);
/* The frame that was not begun, if there is one, will not be written. */
void output_withdraw(struct output *output);
bool output_has_waiting(struct output *output); /* a frame that was not begun */

/* A record is written after all that waits; false: there was no room, it is lost. */
bool output_record(struct output *output, struct buffer *bytes);
/* The same, kept whatever waits: the caller has asked whether there is room. Without memory
 * for it, nothing can be written any more. */
void output_keep(struct output *output, struct buffer *bytes);
/* An empty buffer takes the memory of a record that was written: of new memory every page is
 * paid for when it is touched first. */
void output_spare(struct output *output, struct buffer *bytes);
uint64_t output_lost(const struct output *output); /* records */
size_t output_room(const struct output *output);   /* bytes that records may still take */

/* Runs the loop until all is written. -ETIMEDOUT: nothing could be written for so long;
 * -EINTR: somebody ended the loop; else as failed is told, which is not told of it. */
int output_finish(struct output *output, uint64_t patience_ns);

/* The same without the loop, and however it ends: for whoever is about to stop. */
void output_flush(struct output *output, uint64_t patience_ns);

/* 0, or -EBADF where stdout was closed from the start (see main.c). */
int output_check(int fd);

/* What a failed write to stdout is called; -EPIPE among others. */
int output_failed(int code, struct skbscope_error *error);

#endif
