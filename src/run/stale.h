/* SPDX-License-Identifier: Apache-2.0 */
/* Why the version on disk does not run, in words; each is said once. */
#ifndef RUN_STALE_H
#define RUN_STALE_H

#include "base/buffer.h"
#include "run/builder.h"

/* All zero: it runs. */
struct stale {
	struct buffer pane;   /* what the compiler or the verifier says of it, by line */
	struct buffer reason; /* "does not compile (line 17)" */
	struct buffer hint;   /* what to do about it, or empty */
	uint64_t wall_ns;     /* since when */
};
void stale_clear(struct stale *stale); /* also for AUTO() */

/* Into an empty or an older one. path: of the program that runs. */
void stale_explain(struct build *build, const char *path, bool verbose, struct stale *out);
uint64_t stale_digest(const struct stale *stale); /* of all the words */

/* *next, which is empty then, takes the place of another, and may be what it went on from. */
void stale_follows(struct stale *stale, struct stale *next);

/* "old version still running since 12:03:11: does not compile (line 17)"; "" if it runs. */
void stale_sentence(const struct stale *stale, struct buffer *out);
/* "flows: …", and the hint, in lines; "" if it runs. */
void stale_text(const struct stale *stale, const char *program, struct buffer *out);

#endif
