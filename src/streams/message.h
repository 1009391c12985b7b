/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The parser of HTTP/1.x: llhttp where the system has it, else http-parser, of which it is the
 * successor. Only message.c knows which.
 */
#ifndef STREAMS_MESSAGE_H
#define STREAMS_MESSAGE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buffer.h"
#include "base/span.h"
#include "streams/call.h"

#define MESSAGE_HEAD_MAX ((size_t)80 << 10) /* longer heads are malformed */
#define MESSAGE_ANY UINT64_MAX              /* until the connection ends */

/* What the one who hears of a head knows about the body. */
enum message_body {
	MESSAGE_BODY_AS_SAID,
	MESSAGE_BODY_NONE, /* whatever the head says */
	MESSAGE_BODY_OTHER_PROTOCOL,
};

struct message_listener {
	/* The first byte of a message; its head; parts of its body; its end. head() and begin()
	 * may answer -ENOMEM, and head() enum message_body. */
	int (*begin)(void *context);
	int (*header)(void *context, struct span name, struct span value);
	int (*head)(void *context);
	int (*body)(void *context, const char *data, size_t length);
};

enum message_progress {
	MESSAGE_MORE,   /* all of it was taken, and there is to be more */
	MESSAGE_ENDED,  /* a message, at the last byte that was taken */
	MESSAGE_BAD,    /* it is none */
	MESSAGE_FAILED, /* no memory */
};

struct message;

/* NULL: no memory. The listener is borrowed. */
struct message *message_new(bool answers, const struct message_listener *listener, void *context);
void message_free(struct message *message);
size_t message_bytes(const struct message *message); /* of memory */

/* Takes bytes up to the end of one message. */
enum message_progress message_feed(struct message *message, const char *data, size_t length,
				   size_t *taken);
/* The connection has ended: so has a message that lasts until then. */
enum message_progress message_finish(struct message *message);

bool message_is_between(const struct message *message); /* nothing of the next one has come */
bool message_has_head(const struct message *message);
/* How many bytes of the body, or of a chunk, may be left out here without harm. */
uint64_t message_left(const struct message *message);
/* Leaves them out; not more than those. ENDED, MORE or FAILED. */
enum message_progress message_skip(struct message *message, uint64_t length);

/* Of the head. */
unsigned int message_status(const struct message *message);
const char *message_method(const struct message *message);
struct span message_target(const struct message *message);
/* Of a request that is BAD, or will be. */
enum call_smuggling message_smuggling(const struct message *message);

/* Whether a request, or an answer, could begin like this. */
bool message_begins_request(const char *data, size_t length);
bool message_begins_answer(const char *data, size_t length);

#endif
