/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What "skbscope ctl" and a run say to each other: one request, one answer, the end. Pure:
 * bytes in, structs out, and back. Either side may be a stranger to the other, so both
 * are read as such.
 *
 * A request is words, a NUL behind each, until the sender says no more; an answer a line with
 * its status and two lengths, then what goes to stdout and what to stderr.
 */
#ifndef RUN_CONTROL_PROTOCOL_H
#define RUN_CONTROL_PROTOCOL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <skbscope/error.h>

#include "base/buffer.h"
#include "base/span.h"

#define CONTROL_REQUEST_MAX ((size_t)1 << 20)
#define CONTROL_ANSWER_MAX ((size_t)16 << 20)

enum control_verb {
	CONTROL_LIST,
	CONTROL_GET,
	CONTROL_SET,
	CONTROL_DELETE,
	CONTROL_CLEAR,
	CONTROL_RELOAD,
	CONTROL_STOP,
	CONTROL_CONFIRM,
};
extern const char *const control_verbs[]; /* NULL last */

struct control_request {
	enum control_verb verb;
	/* How rows are shown. */
	int format; /* of render_format_names */
	bool colour, exact;
	uint32_t width; /* of the terminal; 0: unlimited */
	const char **operands;
	size_t count;
};
void control_request_write(const struct control_request *request, struct buffer *out);
/* The operands point into the bytes; free what is in it with control_request_clear(). */
int control_request_parse(const struct buffer *bytes, struct control_request *out,
			  struct skbscope_error *error);
void control_request_clear(struct control_request *request); /* for AUTO() too */

struct control_answer {
	int status;           /* an exit status */
	struct span out, err; /* of the bytes */
};
/* What of it is larger than an answer may be is left out, and that is the answer. */
void control_answer_write(int status, const struct buffer *out, const struct buffer *err,
			  struct buffer *bytes);
int control_answer_parse(const struct buffer *bytes, struct control_answer *out,
			 struct skbscope_error *error);

/* What a run says of itself, in place of what goes to stdout: words "KEY VALUE". */
struct control_about {
	const char *program, *path; /* "" where it was not told */
	bool enforced;
	uint64_t started_ns;          /* CLOCK_REALTIME */
	uint64_t confirm_ns;          /* until when it is to be confirmed; 0: it need not be */
	const char **hooks, **tables; /* "eth0 ingress (tcx)", "limits" */
	size_t hook_count, table_count;
};
void control_about_write(const struct control_about *about, struct buffer *out);
/* The strings point into TEXT. */
int control_about_parse(const struct buffer *text, struct control_about *out,
			struct skbscope_error *error);
void control_about_clear(struct control_about *about); /* for AUTO() too */

#endif
