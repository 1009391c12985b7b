/* SPDX-License-Identifier: Apache-2.0 */
/* Each event of a run, and each loss, as a line of an audit. */
#ifndef RUN_VIEW_AUDIT_H
#define RUN_VIEW_AUDIT_H

#include "run/audit.h"
#include "run/settings.h"
#include "run/view.h"

struct audit_request {
	const struct http_settings *http;
	void (*say)(void *owner, const char *text); /* what people should know */
	void (*lost)(void *owner, uint64_t lines);  /* so many, of all */
	void *owner;
};

#define AUDIT_LINES_LOST "audit lines lost" /* as a loss of a reading */

int view_audit_open(const struct audit_request *request, struct view **out,
		    struct skbscope_error *error);
/* The losses of the last reading, if they were not told, and the closing line; for people what was
 * written. */
void view_audit_end(struct view *view, const struct skbscope_snapshot *last, const char *why,
		    struct buffer *out);

#endif
