/* SPDX-License-Identifier: Apache-2.0 */
/* What is behind the fields of a header and belongs to it: options, or a question. */
#ifndef PACKET_REST_H
#define PACKET_REST_H

#include <stddef.h>
#include <stdint.h>

#include "base/buffer.h"
#include "base/span.h"

enum rest_said {
	REST_ADDED,
	REST_UNKNOWN, /* nothing of that name belongs there */
	REST_WRONG,   /* not with that value */
};

struct packet_rest {
	const char *names; /* of what can be said, between blanks */
	/* Appends what NAME=VALUE says to the header that begins at BEGIN; a value that is not
	 * there has no text. REST_WRONG: what would be right, as a part of a sentence. */
	enum rest_said (*add)(struct span name, struct span value, size_t begin, struct buffer *out,
			      struct buffer *wanted);
	/* Appends what it needs to be whole. */
	void (*finish)(size_t begin, struct buffer *out);
	/* The whole header's size by its bytes, of which its fields are there; 0: it is none, or
	 * more than the room. */
	size_t (*size)(const uint8_t *header, size_t room);
	/* What add() takes, each with a blank before it. */
	void (*describe)(const uint8_t *header, size_t size, struct buffer *out);
};

extern const struct packet_rest rest_ip_options, rest_options, rest_route, rest_tcp_options,
	rest_question;

#endif
