/* SPDX-License-Identifier: Apache-2.0 */
/* Which lines of programs ran in tests, over all cases of each program. */
#ifndef RUN_COVERAGE_H
#define RUN_COVERAGE_H

#include <skbscope/session.h>

#include "image/lines.h"

struct coverage_program;

struct coverage {
	struct coverage_program *list; /* in the order in which they came */
};
void coverage_clear(struct coverage *coverage); /* also for AUTO() */

/* What has run in a session that notes its points. */
int coverage_add(struct coverage *coverage, const struct skbscope_image *image,
		 const struct skbscope_session *session, struct skbscope_error *error);

/* Of one program, in its own files: not in headers that come with skbscope or the kernel. */
struct covered {
	const char *program; /* its name */
	const char *path;
	const struct line **lines; /* that have code */
	size_t count, ran;
	size_t ways, ways_ran; /* that conditions can go, each copy of a line's once */
};

/* For each program; negative ends it, and is the answer. */
int coverage_tell(const struct coverage *coverage,
		  int (*tell)(void *context, const struct covered *covered), void *context,
		  struct skbscope_error *error);

#endif
