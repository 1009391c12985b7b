/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Packets as text, in one notation both ways:
 *
 *	eth / ip src=10.0.0.1 dst=10.0.0.2 ttl=3 / tcp dport=443 flags=S / "GET /\r\n"
 *
 * Headers from the outermost on, then bytes. What is not said has a default; lengths, checksums
 * and what tells the next header are right unless they are said. docs/testing-programs.md has
 * the form, headers.c the headers.
 */
#ifndef PACKET_PACKET_H
#define PACKET_PACKET_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buffer.h"
#include "base/span.h"

#define PACKET_BYTES_MAX 65535u /* the longest that can be fed to a program */

struct packet_mistake {
	const char *at; /* in the text, where it may have its end */
	char what[256]; /* a sentence */
	char hint[512]; /* what to do about it; "": nothing is to be said */
};

/* Appends the bytes of a packet. Lines end like blanks, a # that begins a word begins a comment.
 * 0; -EINVAL with the mistake; -ENOMEM. What was appended until then is taken back. */
int packet_build(struct span text, struct buffer *out, struct packet_mistake *mistake);

/* Whether a line looks like a packet in this notation, rather than like bytes in hexadecimal. */
bool packet_is_described(struct span text);

/* Appends lines, one for each header: what it has that is not as packet_build() would make it, and
 * what names it (addresses, ports). Building it again gives the same bytes, of any bytes: what
 * is not understood is hexadecimal. Each line ends with a newline, and all but the first begin
 * with "/ ". Of no bytes there are no lines. */
void packet_describe(const uint8_t *bytes, size_t size, struct buffer *out);
/* The same without what the headers carry: how much it is stands in a comment. */
void packet_describe_headers(const uint8_t *bytes, size_t size, struct buffer *out);

/* The headers there are, to list them: NULL behind the last. */
const char *packet_header_name(size_t index);
/* What can be said of it, between blanks. */
void packet_header_fields(size_t index, struct buffer *out);

#endif
