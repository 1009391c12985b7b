/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The file of an audit: lines of a chain (calls/chain.h), appended and never changed. When it is
 * large or old enough it is closed, gets the number of its first line behind its name, and the
 * chain goes on in a new file. What is found at the start goes on as well: behind a closing line,
 * or, after a crash, behind the last whole line, and then the next line says so.
 */
#ifndef RUN_AUDIT_H
#define RUN_AUDIT_H

#include <skbscope/error.h>

#include "base/buffer.h"
#include "calls/chain.h"

struct audit_limits {
	uint64_t bytes, age_ns; /* of a file; 0: none */
};

struct audit;

/* KEY_PATH may be NULL. */
int audit_open(const char *path, const char *key_path, const struct audit_limits *limits,
	       struct audit **out, struct skbscope_error *error);
/* A line, which waits for the write. */
void audit_add(struct audit *audit, const char *body, size_t length);
/* What waits goes to the file. False: it could not, and the lines are lost, which the file will say
 * when it can be written again. NEWS: something to be said once. */
void audit_write(struct audit *audit, uint64_t wall_ns, struct buffer *news);
/* The closing line, which says why. */
void audit_finish(struct audit *audit, const char *why, uint64_t wall_ns, struct buffer *news);
void audit_freep(struct audit **audit);

uint64_t audit_lost(const struct audit *audit); /* lines */
/* "FILE: 4711 lines, --expect 4711:HASH" */
void audit_text(const struct audit *audit, struct buffer *out);

#endif
