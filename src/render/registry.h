/* SPDX-License-Identifier: Apache-2.0 */
/* The formats by name: the one place that knows which there are. */
#ifndef RENDER_REGISTRY_H
#define RENDER_REGISTRY_H

#include <skbscope/difference.h>
#include <skbscope/render.h>

#include "render/event_lines.h"

struct render_format {
	const char *name;
	bool for_people; /* on a terminal in colour, and redrawn in place */
	skbscope_renderer *snapshot;
	skbscope_difference_renderer *difference;
	const struct event_format *events;
};

const struct render_format *render_format_find(const char *name); /* NULL: there is none */
const struct render_format *render_format_at(size_t place);       /* of its name */

/* For options, help and completion: the default first, NULL last. */
extern const char *const render_format_names[];

#endif
