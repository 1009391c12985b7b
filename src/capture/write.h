/* SPDX-License-Identifier: Apache-2.0 */
/*
 * pcapng out: blocks appended to a buffer, in this machine's byte order and with times in
 * nanoseconds. Who writes the buffer where, and what a full disk means, is the caller's
 * business; a buffer that failed has no whole block at its end.
 */
#ifndef CAPTURE_WRITE_H
#define CAPTURE_WRITE_H

#include <stddef.h>

#include "base/buffer.h"
#include "capture/capture.h"

/* First, and once. The application may be NULL. */
void capture_write_section(struct buffer *out, const char *application);
/* The first is interface 0; all of a section come before their packets. */
void capture_write_interface(struct buffer *out, const struct capture_interface *interface);
/* A comment is text in UTF-8, cut to what an option can hold; NULL: none. */
void capture_write_packet(struct buffer *out, const struct capture_packet *packet,
			  const char *comment, size_t length);

#endif
