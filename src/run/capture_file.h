/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A capture that is written while a run goes on: to a file, to a pipe, or to stdout. As with
 * everything that is written, the loop does it and nobody waits; nothing is thrown away, so
 * whoever has more asks whether there is room.
 */
#ifndef RUN_CAPTURE_FILE_H
#define RUN_CAPTURE_FILE_H

#include <stdbool.h>

#include "base/loop.h"
#include "capture/capture.h"

struct capture_file;

struct capture_file_request {
	const char *path; /* "-": stdout */
	int read;         /* what is read meanwhile, and is not to be overwritten; -1: nothing */
	/* Told, once, that nothing can be written any more. */
	void (*failed)(void *context, const struct skbscope_error *error);
	void *context;
};

/* An older file is overwritten. */
int capture_file_open(struct loop *loop, const struct capture_file_request *request,
		      struct capture_file **out, struct skbscope_error *error);
void capture_file_freep(struct capture_file **file);

/* The packet's interface is set to the place of this one, which need not be known yet: that is
 * by its name and link type. A comment is text of which nothing needs to be quoted. */
void capture_file_add(struct capture_file *file, const struct capture_interface *interface,
		      struct capture_packet *packet, const char *comment, size_t length);
bool capture_file_has_room(const struct capture_file *file);
void capture_file_flush(struct capture_file *file); /* no other comes just now */
uint64_t capture_file_packets(const struct capture_file *file);

/* From here on it is another capture: a file has nothing of the one before any more, a pipe
 * has it as another section. */
int capture_file_again(struct capture_file *file, struct skbscope_error *error);
/* A capture also if there was no packet, for those who look at it before the end. */
void capture_file_complete(struct capture_file *file);
/* Runs the loop until all is written, or nothing could be for so long; -EINTR: somebody ended
 * the loop. A file without a packet is a capture, too. */
int capture_file_finish(struct capture_file *file, uint64_t patience_ns,
			struct skbscope_error *error);

#endif
