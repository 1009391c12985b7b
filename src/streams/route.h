/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Targets of requests: what of them may be shown, which version of an API they name, and the
 * route, of which there are few where there are many paths.
 */
#ifndef STREAMS_ROUTE_H
#define STREAMS_ROUTE_H

#include <stdbool.h>

#include "base/buffer.h"
#include "base/span.h"

/* The parts of a target: "/path?query", or with "http://user:password@host" before it. Parts that
 * are not there have no text. */
struct target {
	struct span host, path, query;
};
struct target target_split(struct span target);

/* The path without parameters (";jsessionid=…"), which may be credentials. */
void route_path(struct span path, struct buffer *out);
/* Version segments stay; numbers and names of things become ":id", the model's name "model",
 * and what is deeper than six "*". */
void route_of(struct span path, struct span model, struct buffer *out);
/* v1, v2.1, v1beta: a segment that is a version wherever it stands. */
bool route_is_version(struct span segment);
/* The first segment that is one, also 2.0 or 2024-10 behind "api". No text: none. */
struct span route_version(struct span path);

/* The value of the first of these names, compared without case. No text: none. */
struct span query_value(struct span query, const char *const *names);
/* Whether it can be shown as a version. */
bool version_is_plain(struct span version);

#endif
