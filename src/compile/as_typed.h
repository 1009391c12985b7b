/* SPDX-License-Identifier: Apache-2.0 */
/* From the lines that are compiled back to those that somebody typed (source/typed.h). */
#ifndef COMPILE_AS_TYPED_H
#define COMPILE_AS_TYPED_H

#include "base/span.h"
#include "compile/protocol.h"

uint32_t as_typed_line(const struct worker_request *request, uint32_t compiled);

/* Where line TYPED is in the request's text. */
struct as_typed {
	uint32_t line, again; /* again: 0 in a text that is as it was written */
};
struct as_typed as_typed_lines(const struct worker_request *request, uint32_t typed);

/* A line from its two places (again may be empty), without its carriage return, in new
 * memory; NULL if there is none. */
char *as_typed_text(struct span line, struct span again);

#endif
