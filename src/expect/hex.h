/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The bytes of a packet as tools print them: tcpdump -xx, xxd, hexdump -C, od -A x -t x1,
 * Wireshark's "copy as hex dump", or typed by hand.
 */
#ifndef EXPECT_HEX_H
#define EXPECT_HEX_H

#include "base/buffer.h"
#include "expect/lines.h"

#define HEX_BYTES_MAX 65535u /* the longest that can be fed to a program */

/* Appends what the line at hand has, from *rest on. An offset before it must be the number of
 * bytes until then, and what stands behind 16 bytes with one is their text. Mistakes are
 * noted. */
void hex_line(struct lines *lines, struct span rest, struct buffer *out);

#endif
